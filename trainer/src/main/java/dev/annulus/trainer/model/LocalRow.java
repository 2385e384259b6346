package dev.annulus.trainer.model;

import dev.annulus.data.pack.PackedRow;
import dev.annulus.layout.SequenceLayout;

/**
 * The tokens of a packed row that one worker holds, in local order. May be empty.
 *
 * @param inputIds token ids
 * @param targetIds ids to predict
 * @param positionIds positions in the document
 * @param lossWeights 0 where there is no target
 * @param documentTokens length of each token's document: one more than its last position
 */
public record LocalRow(
    int[] inputIds, int[] targetIds, int[] positionIds, float[] lossWeights, int[] documentTokens) {
  public LocalRow {
    int tokens = inputIds.length;
    if (targetIds.length != tokens
        || positionIds.length != tokens
        || lossWeights.length != tokens
        || documentTokens.length != tokens) {
      throw new IllegalArgumentException(
          "row of "
              + tokens
              + " inputs, "
              + targetIds.length
              + " targets, "
              + positionIds.length
              + " positions, "
              + lossWeights.length
              + " weights, "
              + documentTokens.length
              + " lengths of documents");
    }
  }

  /** The share of {@code rank}. */
  public static LocalRow of(PackedRow row, SequenceLayout layout, int rank) {
    if (row.length() != layout.sequenceLength()) {
      throw new IllegalArgumentException(
          "row of " + row.length() + " tokens in a layout of " + layout.sequenceLength());
    }
    int[] global = layout.positionsOf(rank);
    int[] inputs = new int[global.length];
    int[] targets = new int[global.length];
    int[] positions = new int[global.length];
    float[] weights = new float[global.length];
    int[] lengths = new int[global.length];
    int[] ends = documentTokens(row);
    for (int t = 0; t < global.length; t++) {
      inputs[t] = row.inputIds()[global[t]];
      targets[t] = row.targetIds()[global[t]];
      positions[t] = row.positionIds()[global[t]];
      weights[t] = row.lossWeights()[global[t]];
      lengths[t] = ends[global[t]];
    }
    return new LocalRow(inputs, targets, positions, weights, lengths);
  }

  /** For each token of the row one more than the last position of its segment. */
  private static int[] documentTokens(PackedRow row) {
    int[] tokens = new int[row.length()];
    for (int t = row.length() - 1; t >= 0; t--) {
      boolean last = t == row.length() - 1 || row.segmentIds()[t + 1] != row.segmentIds()[t];
      tokens[t] = last ? row.positionIds()[t] + 1 : tokens[t + 1];
    }
    return tokens;
  }

  /** Number of tokens. */
  public int tokens() {
    return inputIds.length;
  }
}
