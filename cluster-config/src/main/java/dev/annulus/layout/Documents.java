package dev.annulus.layout;

import java.util.ArrayList;
import java.util.List;

/**
 * Where the documents of a packed row begin and end. What lies in no document is padding, which
 * sees nothing and is seen by nobody. This is the whole mask: query t sees key u iff both are in
 * one document and u <= t.
 *
 * @param sequenceLength tokens of the row
 * @param ranges one a document, ascending and disjoint, none empty
 */
public record Documents(int sequenceLength, List<Range> ranges) {
  public Documents {
    ranges = List.copyOf(ranges);
    int end = 0;
    for (Range range : ranges) {
      if (range.start() < end || range.length() == 0 || range.end() > sequenceLength) {
        throw new IllegalArgumentException(
            "documents of a row of " + sequenceLength + ": " + ranges);
      }
      end = range.end();
    }
  }

  /** One document that fills the row. */
  public static Documents single(int sequenceLength) {
    return new Documents(sequenceLength, List.of(new Range(0, sequenceLength)));
  }

  /**
   * Documents of a row of segment ids (0 is padding). Neighbouring tokens with one id are one
   * document.
   *
   * @param segmentIds one a token
   */
  public static Documents ofSegmentIds(int[] segmentIds) {
    List<Range> ranges = new ArrayList<>();
    int start = 0;
    for (int t = 1; t <= segmentIds.length; t++) {
      if (t == segmentIds.length || segmentIds[t] != segmentIds[start]) {
        if (segmentIds[start] != 0) {
          ranges.add(new Range(start, t));
        }
        start = t;
      }
    }
    return new Documents(segmentIds.length, ranges);
  }

  /**
   * For each token of the row the first key it sees, which is its document's start; {@code
   * sequenceLength} for padding, which sees none.
   */
  public int[] firstVisible() {
    int[] first = new int[sequenceLength];
    java.util.Arrays.fill(first, sequenceLength);
    for (Range range : ranges) {
      java.util.Arrays.fill(first, range.start(), range.end(), range.start());
    }
    return first;
  }
}
