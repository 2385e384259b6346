package dev.annulus.data.document;

import java.util.List;

/**
 * Text of which some is learned.
 *
 * @param text well-formed
 * @param learned ranges of characters (UTF-16), ascending and disjoint
 */
public record LearnedText(String text, List<Span> learned) {
  public LearnedText {
    learned = List.copyOf(learned);
  }

  /** Characters {@code start} (inclusive) to {@code end} (exclusive). */
  public record Span(int start, int end) {}

  /**
   * Marks for tokens that begin at these characters: a token is learned if its first character is.
   *
   * @param starts one a token, ascending
   */
  byte[] marks(int[] starts) {
    byte[] marks = new byte[starts.length];
    int next = 0;
    for (int t = 0; t < starts.length; t++) {
      while (next < learned.size() && learned.get(next).end() <= starts[t]) {
        next++;
      }
      boolean isLearned = next < learned.size() && learned.get(next).start() <= starts[t];
      marks[t] = TokenMarks.of(isLearned, 0);
    }
    return marks;
  }
}
