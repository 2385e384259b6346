package dev.annulus.data.pack;

import java.util.ArrayList;
import java.util.List;

/**
 * A run of one document's tokens that stands in one row as a segment of its own.
 *
 * @param ids the whole document's tokens
 * @param from first token of the segment
 * @param to one behind its last
 * @param end one behind the last token of the document that may be a target
 * @param weight of each target
 */
record Segment(int[] ids, int from, int to, int end, float weight) {
  int length() {
    return to - from;
  }

  int targets() {
    return Math.min(to, end - 1) - from;
  }

  /**
   * The first {@code end} tokens in segments of at most {@code sequenceLength}. The last token of a
   * segment keeps its target, the first token of the next, so the document has {@code end - 1}
   * targets however it is cut.
   */
  static List<Segment> cut(int[] ids, int end, int sequenceLength, float weight) {
    List<Segment> segments = new ArrayList<>();
    for (int from = 0; from < end; from += sequenceLength) {
      segments.add(new Segment(ids, from, Math.min(end, from + sequenceLength), end, weight));
      if (end - from <= sequenceLength) {
        break;
      }
    }
    return segments;
  }

  /** Writes the segment into a row at {@code offset} under {@code number}. */
  void writeTo(PackedRow row, int offset, int number) {
    System.arraycopy(ids, from, row.inputIds(), offset, length());
    int targets = targets();
    System.arraycopy(ids, from + 1, row.targetIds(), offset, targets);
    for (int i = 0; i < length(); i++) {
      row.segmentIds()[offset + i] = number;
      row.positionIds()[offset + i] = i;
    }
    for (int i = 0; i < targets; i++) {
      row.lossWeights()[offset + i] = weight;
    }
  }
}
