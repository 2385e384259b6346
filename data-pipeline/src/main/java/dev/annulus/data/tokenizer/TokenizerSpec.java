package dev.annulus.data.tokenizer;

import java.io.Serializable;
import java.nio.file.Path;

/** Which tokeniser, as a value that can be sent: open it where it is used. */
public sealed interface TokenizerSpec extends Serializable {
  /** The name of {@link ByteTokenizer} in configurations. */
  String BYTES = "bytes";

  /** Tokens are the bytes of UTF-8. */
  record Bytes() implements TokenizerSpec {}

  /** A Hugging Face tokeniser, its files in hand. */
  record HuggingFace(TokenizerFiles files) implements TokenizerSpec {}

  /**
   * Reads what {@code model.tokenizer} names.
   *
   * @param location {@code bytes}, a folder with {@code tokenizer.json}, or that file
   * @throws dev.annulus.config.InvalidInputException if it is none of these
   */
  static TokenizerSpec read(String location) {
    return location.equals(BYTES) ? new Bytes() : of(TokenizerFiles.read(Path.of(location)));
  }

  /**
   * The tokeniser of these files. A {@code tokenizer.json} that {@link ByteTokenizer} wrote is that
   * tokeniser again, so that a saved model tokenises just as the run did.
   */
  static TokenizerSpec of(TokenizerFiles files) {
    return files.fingerprint().equals(ByteTokenizerJson.fingerprint())
        ? new Bytes()
        : new HuggingFace(files);
  }

  /** SHA-256 of the {@code tokenizer.json}, as {@link Tokenizer#fingerprint}. */
  default String fingerprint() {
    return switch (this) {
      case Bytes() -> ByteTokenizerJson.fingerprint();
      case HuggingFace(TokenizerFiles files) -> files.fingerprint();
    };
  }

  /**
   * A tokeniser that the caller closes.
   *
   * @throws dev.annulus.config.InvalidInputException if its files are broken
   */
  default Tokenizer open() {
    return switch (this) {
      case Bytes() -> new ByteTokenizer();
      case HuggingFace(TokenizerFiles files) -> new HuggingFaceTokenizer(files);
    };
  }
}
