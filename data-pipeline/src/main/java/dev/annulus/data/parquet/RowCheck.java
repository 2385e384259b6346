package dev.annulus.data.parquet;

import dev.annulus.config.InvalidInputException;
import dev.annulus.data.pack.PackedRow;
import dev.annulus.data.read.RowPart;
import dev.annulus.layout.Range;
import java.util.List;

/** What every packed row must be before a worker computes with it. */
final class RowCheck {
  private RowCheck() {}

  /**
   * @throws InvalidInputException with the first thing that is wrong
   */
  static void check(String place, PackedRow row, int vocabularySize) {
    int previous = 0;
    boolean ended = false;
    for (int i = 0; i < row.length(); i++) {
      int segment = row.segmentIds()[i];
      checkSegment(place, i, segment, previous, ended);
      ended |= segment == 0;
      boolean begins = segment != previous;
      // A later piece of a split document may keep its positions, so it begins anywhere.
      int position = begins || segment == 0 ? 0 : row.positionIds()[i - 1] + 1;
      int latest = begins && segment != 0 ? Integer.MAX_VALUE - row.length() : position;
      check(place, "position_ids", i, row.positionIds()[i], position, latest);
      int largest = segment == 0 ? 0 : vocabularySize - 1;
      check(place, "input_ids", i, row.inputIds()[i], 0, largest);
      check(place, "target_ids", i, row.targetIds()[i], 0, largest);
      checkWeight(place, i, row.lossWeights()[i], segment);
      previous = segment;
    }
  }

  /**
   * The same for a part of a row, whose segments were checked as they were decoded.
   *
   * @throws InvalidInputException with the first thing that is wrong
   */
  static void check(String place, RowPart part, int vocabularySize) {
    int[] segments = segments(part);
    int t = 0;
    for (Range range : part.ranges()) {
      for (int i = range.start(); i < range.end(); i++, t++) {
        int segment = segments[t];
        boolean follows = i > range.start() && segment == segments[t - 1] && segment != 0;
        int position = follows ? part.positionIds()[t - 1] + 1 : 0;
        int latest =
            follows || segment == 0 ? position : Integer.MAX_VALUE - segments.length;
        int largest = segment == 0 ? 0 : vocabularySize - 1;
        check(place, "position_ids", i, part.positionIds()[t], position, latest);
        check(place, "input_ids", i, part.inputIds()[t], 0, largest);
        check(place, "target_ids", i, part.targetIds()[t], 0, largest);
        checkWeight(place, i, part.lossWeights()[t], segment);
      }
    }
  }

  /** The document of each token of a part, from 1; 0 for padding. */
  private static int[] segments(RowPart part) {
    int[] segments = new int[part.tokens()];
    List<Range> documents = part.documents().ranges();
    int document = 0;
    int t = 0;
    for (Range range : part.ranges()) {
      for (int i = range.start(); i < range.end(); i++, t++) {
        while (document < documents.size() && documents.get(document).end() <= i) {
          document++;
        }
        boolean inside = document < documents.size() && documents.get(document).start() <= i;
        segments[t] = inside ? document + 1 : 0;
      }
    }
    return segments;
  }

  private static void checkWeight(String place, int i, float weight, int segment) {
    if (!(weight >= 0) || weight > Float.MAX_VALUE || (segment == 0 && weight != 0)) {
      throw wrong(place, "loss_weights", i, weight, segment == 0 ? "0 in padding" : "from 0");
    }
  }

  static void checkSegment(String place, int i, int segment, int previous, boolean ended) {
    boolean follows =
        ended ? segment == 0 : segment == previous || segment == previous + 1 || segment == 0;
    if (!follows || (i == 0 && segment > 1)) {
      throw wrong(
          place,
          "segment_ids",
          i,
          segment,
          ended ? "0 behind padding" : previous + " or " + (previous + 1) + ", or padding");
    }
  }

  private static void check(
      String place, String column, int i, int value, int smallest, int largest) {
    if (value < smallest || value > largest) {
      throw wrong(
          place,
          column,
          i,
          value,
          smallest == largest ? String.valueOf(smallest) : smallest + " to " + largest);
    }
  }

  private static InvalidInputException wrong(
      String place, String column, int i, Object value, String expectation) {
    return new InvalidInputException(place, column + "[" + i + "] = " + value, expectation);
  }
}
