package dev.annulus.data.pack;

/**
 * One packed row; all arrays have the row's length.
 *
 * @param inputIds token ids; 0 where there is padding
 * @param targetIds the next token of the same document; 0 where there is none
 * @param segmentIds 0 for padding, documents from 1
 * @param positionIds ascending by 1 in each document, from 0 unless it is the later piece of one
 *     that was split and keeps its positions
 * @param lossWeights 0 where there is no target or it is not learned; else 1 for {@code token}, 1 /
 *     targets of the document for {@code example}, times the factor of the target's modality
 * @param modalityIds kind of each token, 0 in padding; empty where there are no kinds
 */
public record PackedRow(
    int[] inputIds,
    int[] targetIds,
    int[] segmentIds,
    int[] positionIds,
    float[] lossWeights,
    int[] modalityIds) {
  /** A row without modality ids. */
  public PackedRow(
      int[] inputIds, int[] targetIds, int[] segmentIds, int[] positionIds, float[] lossWeights) {
    this(inputIds, targetIds, segmentIds, positionIds, lossWeights, new int[0]);
  }

  /** Tokens of the row, padding included. */
  public int length() {
    return inputIds.length;
  }

  /** Tokens that are not padding. */
  public int tokens() {
    int tokens = 0;
    for (int segment : segmentIds) {
      tokens += segment != 0 ? 1 : 0;
    }
    return tokens;
  }
}
