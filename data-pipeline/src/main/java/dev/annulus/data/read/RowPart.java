package dev.annulus.data.read;

import dev.annulus.data.pack.PackedRow;
import dev.annulus.layout.Documents;

/**
 * Some tokens of a packed row; all arrays have their number.
 *
 * @param documents of the whole row
 * @param indices where the tokens stand in the row, ascending
 * @param inputIds token ids
 * @param targetIds ids to predict
 * @param positionIds positions in the document
 * @param lossWeights 0 where there is no target
 */
public record RowPart(
    Documents documents,
    int[] indices,
    int[] inputIds,
    int[] targetIds,
    int[] positionIds,
    float[] lossWeights) {
  /** A part with nothing in it yet. */
  public static RowPart empty(Documents documents, int[] indices) {
    int length = indices.length;
    return new RowPart(
        documents, indices, new int[length], new int[length], new int[length], new float[length]);
  }

  /** The part of a row that is at hand. */
  public static RowPart of(PackedRow row, RowShare share) {
    Documents documents = Documents.ofSegmentIds(row.segmentIds());
    RowPart part = empty(documents, share.of(documents));
    for (int t = 0; t < part.indices.length; t++) {
      int at = part.indices[t];
      part.inputIds[t] = row.inputIds()[at];
      part.targetIds[t] = row.targetIds()[at];
      part.positionIds[t] = row.positionIds()[at];
      part.lossWeights[t] = row.lossWeights()[at];
    }
    return part;
  }

  /** Number of tokens. */
  public int tokens() {
    return indices.length;
  }

  /** For each token the number of its document in {@link #documents}, -1 for padding. */
  public int[] documentOfTokens() {
    int[] numbers = new int[indices.length];
    int document = 0;
    int count = documents.ranges().size();
    for (int t = 0; t < indices.length; t++) {
      while (document < count && documents.ranges().get(document).end() <= indices[t]) {
        document++;
      }
      boolean inside = document < count && documents.ranges().get(document).start() <= indices[t];
      numbers[t] = inside ? document : -1;
    }
    return numbers;
  }

  /** Sum of the loss weights. */
  public double weight() {
    double sum = 0;
    for (float weight : lossWeights) {
      sum += weight;
    }
    return sum;
  }
}
