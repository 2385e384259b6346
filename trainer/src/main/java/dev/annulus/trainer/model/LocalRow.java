package dev.annulus.trainer.model;

import dev.annulus.data.read.RowPart;

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

  /** The tokens of a part of a row. */
  public static LocalRow of(RowPart part) {
    return new LocalRow(
        part.inputIds(),
        part.targetIds(),
        part.positionIds(),
        part.lossWeights(),
        documentTokens(part));
  }

  /** For each token one more than the last position of its segment; 1 for padding. */
  private static int[] documentTokens(RowPart part) {
    int[] documents = part.documentOfTokens();
    int[] tokens = new int[documents.length];
    for (int t = 0; t < tokens.length; t++) {
      tokens[t] =
          documents[t] < 0
              ? 1
              : part.positionIds()[t]
                  + part.documents().ranges().get(documents[t]).end()
                  - part.indices()[t];
    }
    return tokens;
  }

  /** Number of tokens. */
  public int tokens() {
    return inputIds.length;
  }
}
