package dev.annulus.data.tokenizer;

/** Opens the tokeniser that a configuration names. */
public final class Tokenizers {
  private Tokenizers() {}

  /**
   * @param pathOrBytes {@code bytes}, a folder with {@code tokenizer.json}, or that file
   * @throws dev.annulus.config.InvalidInputException if it is none of these, or is broken
   */
  public static Tokenizer load(String pathOrBytes) {
    return TokenizerSpec.read(pathOrBytes).open();
  }
}
