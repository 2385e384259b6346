package dev.annulus.layout;

/**
 * Tokens {@code start} (inclusive) to {@code end} (exclusive) of a row; {@code 0 <= start <= end}.
 */
public record Range(int start, int end) {
  public Range {
    if (start < 0 || end < start) {
      throw new IllegalArgumentException("range [" + start + ", " + end + ")");
    }
  }

  /** Number of tokens. */
  public int length() {
    return end - start;
  }
}
