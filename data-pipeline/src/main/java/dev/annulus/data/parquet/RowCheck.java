package dev.annulus.data.parquet;

import dev.annulus.config.InvalidInputException;
import dev.annulus.data.pack.PackedRow;
import dev.annulus.data.read.RowPart;

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
    int[] documents = part.documentOfTokens();
    for (int t = 0; t < documents.length; t++) {
      int i = part.indices()[t];
      boolean padding = documents[t] < 0;
      boolean follows =
          t > 0 && !padding && documents[t] == documents[t - 1] && i == part.indices()[t - 1] + 1;
      int position = follows ? part.positionIds()[t - 1] + 1 : 0;
      int latest =
          follows || padding ? position : Integer.MAX_VALUE - part.documents().sequenceLength();
      int largest = padding ? 0 : vocabularySize - 1;
      check(place, "position_ids", i, part.positionIds()[t], position, latest);
      check(place, "input_ids", i, part.inputIds()[t], 0, largest);
      check(place, "target_ids", i, part.targetIds()[t], 0, largest);
      checkWeight(place, i, part.lossWeights()[t], padding ? 0 : 1);
    }
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
