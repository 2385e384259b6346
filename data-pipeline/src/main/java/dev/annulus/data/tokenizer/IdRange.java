package dev.annulus.data.tokenizer;

/** The check that every {@link Tokenizer#decode} makes. */
final class IdRange {
  private IdRange() {}

  static void check(int id, int vocabularySize) {
    if (id < 0 || id >= vocabularySize) {
      throw new IllegalArgumentException(
          "token id " + id + " is outside the vocabulary, expected 0 to " + (vocabularySize - 1));
    }
  }
}
