package dev.annulus.data.tokenizer;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * Tokens are the bytes of UTF-8: id = byte value for 0..255, 256 BOS, 257 EOS. Needs no files.
 * Thread-safe.
 *
 * <p>Text is only ever text: the characters {@code </s>} are four bytes, never EOS. A lone
 * surrogate, which has no UTF-8, counts as U+FFFD.
 */
public final class ByteTokenizer implements Tokenizer {
  /** Id of {@code <s>}. */
  public static final int BOS = 256;

  /** Id of {@code </s>}. */
  public static final int EOS = 257;

  /** Bytes and the two special tokens. */
  public static final int VOCABULARY_SIZE = 258;

  @Override
  public int[] encode(String text) {
    byte[] bytes = WellFormed.text(text).getBytes(StandardCharsets.UTF_8);
    int[] ids = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      ids[i] = bytes[i] & 0xff;
    }
    return ids;
  }

  @Override
  public TextTokens encodeWithStarts(String text) {
    int[] ids = encode(text);
    int[] starts = new int[ids.length];
    int index = -1;
    for (int i = 0; i < ids.length; i++) {
      // Bytes 10xxxxxx go on with a character; those of four bytes are two characters of UTF-16.
      boolean begins = (ids[i] & 0xc0) != 0x80;
      if (begins) {
        index += index < 0 ? 1 : width(text, index);
      }
      starts[i] = index;
    }
    return new TextTokens(ids, starts);
  }

  /** Two where a pair of surrogates begins, else one. */
  private static int width(String text, int index) {
    boolean isPair =
        index + 1 < text.length()
            && Character.isSurrogatePair(text.charAt(index), text.charAt(index + 1));
    return isPair ? 2 : 1;
  }

  /** Bytes that are not UTF-8 give U+FFFD. */
  @Override
  public String decode(int[] ids) {
    byte[] bytes = new byte[ids.length];
    int length = 0;
    for (int id : ids) {
      IdRange.check(id, VOCABULARY_SIZE);
      if (id < BOS) {
        bytes[length++] = (byte) id;
      }
    }
    return LossyUtf8.decode(bytes, length);
  }

  @Override
  public int vocabularySize() {
    return VOCABULARY_SIZE;
  }

  @Override
  public OptionalInt bosId() {
    return OptionalInt.of(BOS);
  }

  @Override
  public OptionalInt eosId() {
    return OptionalInt.of(EOS);
  }

  @Override
  public String fingerprint() {
    return ByteTokenizerJson.fingerprint();
  }

  @Override
  public void save(Path folder) {
    WholeFile.write(folder.resolve(TokenizerFiles.MAIN), ByteTokenizerJson.tokenizer());
    WholeFile.write(folder.resolve("tokenizer_config.json"), ByteTokenizerJson.config());
  }

  @Override
  public void close() {
    // Holds nothing.
  }
}
