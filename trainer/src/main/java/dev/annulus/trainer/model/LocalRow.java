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
 */
public record LocalRow(int[] inputIds, int[] targetIds, int[] positionIds, float[] lossWeights) {
  public LocalRow {
    int tokens = inputIds.length;
    if (targetIds.length != tokens
        || positionIds.length != tokens
        || lossWeights.length != tokens) {
      throw new IllegalArgumentException(
          "row of "
              + tokens
              + " inputs, "
              + targetIds.length
              + " targets, "
              + positionIds.length
              + " positions, "
              + lossWeights.length
              + " weights");
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
    for (int t = 0; t < global.length; t++) {
      inputs[t] = row.inputIds()[global[t]];
      targets[t] = row.targetIds()[global[t]];
      positions[t] = row.positionIds()[global[t]];
      weights[t] = row.lossWeights()[global[t]];
    }
    return new LocalRow(inputs, targets, positions, weights);
  }

  /** Number of tokens. */
  public int tokens() {
    return inputIds.length;
  }
}
