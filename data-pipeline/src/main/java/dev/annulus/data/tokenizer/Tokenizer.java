package dev.annulus.data.tokenizer;

import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * Text to token ids and back. Never truncates. BOS and EOS are added by the caller, not by {@link
 * #encode}.
 */
public interface Tokenizer extends AutoCloseable {
  /** The longest text that is encoded in bounded memory, in characters (UTF-16). */
  default int longestText() {
    return Integer.MAX_VALUE;
  }

  /** Ids of the text alone, without special tokens. */
  int[] encode(String text);

  /** The same ids, and where each begins in the text. */
  TextTokens encodeWithStarts(String text);

  /**
   * The text of the ids; special tokens give nothing, ids outside the vocabulary are an {@link
   * IllegalArgumentException}.
   */
  String decode(int[] ids);

  /** Ids are below this. */
  int vocabularySize();

  /** Id of the token that begins a document, if there is one. */
  OptionalInt bosId();

  /** Id of the token that ends a document, if there is one. */
  OptionalInt eosId();

  /** SHA-256 of what decides the ids, in hex: stands in manifests. */
  String fingerprint();

  /** Writes {@code tokenizer.json} and the files beside it that transformers reads. */
  void save(Path folder);

  @Override
  void close();
}
