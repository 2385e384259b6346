package dev.annulus.data.tokenizer;

import dev.annulus.config.InvalidInputException;
import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * Any {@code tokenizer.json}, by the Hugging Face library. Text that spells an added token becomes
 * that token, as it does there. A lone surrogate counts as U+FFFD. Thread-safe.
 */
public final class HuggingFaceTokenizer implements Tokenizer {
  /** The library holds some 150 bytes of native memory for each of text while it encodes it. */
  static final int LONGEST_TEXT = 8 << 20;

  private final TokenizerFiles files;
  private final NativeTokenizer tokenizer;
  private final int vocabularySize;
  private final OptionalInt bosId;
  private final OptionalInt eosId;

  /**
   * @throws InvalidInputException if the files are broken
   */
  public HuggingFaceTokenizer(TokenizerFiles files) {
    this.files = files;
    String place = files.origin() + ": " + TokenizerFiles.MAIN;
    byte[] main = files.contents().get(TokenizerFiles.MAIN);
    TokenizerJson json = new TokenizerJson(place, main);
    vocabularySize = json.vocabularySize();
    bosId = SpecialIds.begin(files, json);
    eosId = SpecialIds.end(files, json);
    try {
      tokenizer = new NativeTokenizer(TokenizerFiles.text(main));
    } catch (RuntimeException e) {
      throw new InvalidInputException(
          place, String.valueOf(e.getMessage()), "a tokeniser that the library can load", e);
    }
  }

  @Override
  public int longestText() {
    return LONGEST_TEXT;
  }

  @Override
  public int[] encode(String text) {
    long[] wide = tokenizer.encode(WellFormed.text(text));
    int[] ids = new int[wide.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = Math.toIntExact(wide[i]);
    }
    return ids;
  }

  @Override
  public TextTokens encodeWithStarts(String text) {
    return tokenizer.encodeWithStarts(WellFormed.text(text));
  }

  @Override
  public String decode(int[] ids) {
    long[] wide = new long[ids.length];
    for (int i = 0; i < ids.length; i++) {
      IdRange.check(ids[i], vocabularySize);
      wide[i] = ids[i];
    }
    return tokenizer.decode(wide);
  }

  @Override
  public int vocabularySize() {
    return vocabularySize;
  }

  @Override
  public OptionalInt bosId() {
    return bosId;
  }

  @Override
  public OptionalInt eosId() {
    return eosId;
  }

  @Override
  public String fingerprint() {
    return files.fingerprint();
  }

  /** Copies the files as they were read. */
  @Override
  public void save(Path folder) {
    files.save(folder);
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
