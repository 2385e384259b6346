package dev.annulus.data.pack;

/**
 * One packed row; all arrays have the row's length.
 *
 * @param inputIds token ids; 0 where there is padding
 * @param targetIds the next token of the same document; 0 where there is none
 * @param segmentIds 0 for padding, documents from 1
 * @param positionIds from 0 in each document
 * @param lossWeights 0 where there is no target; 1 for {@code token}, 1 / targets of the document
 *     for {@code example}
 */
public record PackedRow(
    int[] inputIds, int[] targetIds, int[] segmentIds, int[] positionIds, float[] lossWeights) {
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
