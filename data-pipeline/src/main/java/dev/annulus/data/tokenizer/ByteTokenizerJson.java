package dev.annulus.data.tokenizer;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * {@link ByteTokenizer} as a {@code tokenizer.json} for other tools: a byte-level BPE without
 * merges. Its characters are those of GPT-2's byte alphabet: printable Latin-1 bytes stand for
 * themselves, the other 68 for U+0100 upwards in order.
 */
final class ByteTokenizerJson {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final byte[] TOKENIZER = write(tokenizerTree());
  private static final byte[] CONFIG = write(configTree());
  private static final String FINGERPRINT = Sha256.hex(TOKENIZER);

  private ByteTokenizerJson() {}

  /** Contents of {@code tokenizer.json}; always the same bytes. */
  static byte[] tokenizer() {
    return TOKENIZER.clone();
  }

  /** Contents of {@code tokenizer_config.json}. */
  static byte[] config() {
    return CONFIG.clone();
  }

  static String fingerprint() {
    return FINGERPRINT;
  }

  /** The character that stands for each byte value. */
  static char[] alphabet() {
    char[] characters = new char[256];
    int beyond = 256;
    for (int value = 0; value < 256; value++) {
      boolean printable =
          (value >= '!' && value <= '~') || (value >= 0xa1 && value <= 0xff && value != 0xad);
      characters[value] = (char) (printable ? value : beyond++);
    }
    return characters;
  }

  private static ObjectNode tokenizerTree() {
    ObjectNode root = JSON.createObjectNode();
    root.put("version", "1.0").putNull("truncation").putNull("padding");
    var added = root.putArray("added_tokens");
    added.add(special(ByteTokenizer.BOS, "<s>")).add(special(ByteTokenizer.EOS, "</s>"));
    root.putNull("normalizer");
    root.set("pre_tokenizer", byteLevel());
    root.putNull("post_processor");
    root.set("decoder", byteLevel());
    ObjectNode model = root.putObject("model");
    model.put("type", "BPE").putNull("dropout").putNull("unk_token");
    model.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
    model.put("fuse_unk", false).put("byte_fallback", false).put("ignore_merges", false);
    ObjectNode vocabulary = model.putObject("vocab");
    char[] alphabet = alphabet();
    for (int value = 0; value < alphabet.length; value++) {
      vocabulary.put(String.valueOf(alphabet[value]), value);
    }
    model.putArray("merges");
    return root;
  }

  private static ObjectNode byteLevel() {
    return JSON.createObjectNode()
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", false)
        .put("use_regex", false);
  }

  private static ObjectNode special(int id, String content) {
    return JSON.createObjectNode()
        .put("id", id)
        .put("content", content)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", true);
  }

  private static ObjectNode configTree() {
    return JSON.createObjectNode()
        .put("tokenizer_class", "PreTrainedTokenizerFast")
        .put("bos_token", "<s>")
        .put("eos_token", "</s>")
        .put("pad_token", "</s>")
        .put("add_prefix_space", false)
        .put("clean_up_tokenization_spaces", false)
        // Text that spells a special token stays text, as in ByteTokenizer.
        .put("split_special_tokens", true)
        .put("model_max_length", 1_000_000_000);
  }

  private static byte[] write(ObjectNode tree) {
    try {
      return (JSON.writerWithDefaultPrettyPrinter().writeValueAsString(tree).replace("\r\n", "\n")
              + "\n")
          .getBytes(StandardCharsets.UTF_8);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
