package dev.annulus.data.read;

import dev.annulus.data.pack.PackedRow;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Range;
import java.util.List;

/**
 * The tokens of some ranges of a packed row, one range behind the other; all arrays have their
 * length together.
 *
 * @param documents of the whole row
 * @param ranges ascending and disjoint
 * @param inputIds token ids
 * @param targetIds ids to predict
 * @param positionIds positions in the document
 * @param lossWeights 0 where there is no target
 */
public record RowPart(
    Documents documents,
    List<Range> ranges,
    int[] inputIds,
    int[] targetIds,
    int[] positionIds,
    float[] lossWeights) {
  public RowPart {
    ranges = List.copyOf(ranges);
  }

  /** A part with nothing in it yet. */
  public static RowPart empty(Documents documents, List<Range> ranges) {
    int length = 0;
    for (Range range : ranges) {
      length += range.length();
    }
    return new RowPart(
        documents,
        ranges,
        new int[length],
        new int[length],
        new int[length],
        new float[length]);
  }

  /** The part of a row that is at hand. */
  public static RowPart of(PackedRow row, RowShare share) {
    Documents documents = Documents.ofSegmentIds(row.segmentIds());
    RowPart part = empty(documents, share.of(documents));
    int offset = 0;
    for (Range range : part.ranges) {
      System.arraycopy(row.inputIds(), range.start(), part.inputIds, offset, range.length());
      System.arraycopy(row.targetIds(), range.start(), part.targetIds, offset, range.length());
      System.arraycopy(row.positionIds(), range.start(), part.positionIds, offset, range.length());
      System.arraycopy(row.lossWeights(), range.start(), part.lossWeights, offset, range.length());
      offset += range.length();
    }
    return part;
  }

  /** Number of tokens. */
  public int tokens() {
    return inputIds.length;
  }

  /** Tokens that are not padding. */
  public int documentTokens() {
    int tokens = 0;
    for (Range document : documents.ranges()) {
      for (Range range : ranges) {
        tokens +=
            Math.max(
                0,
                Math.min(document.end(), range.end()) - Math.max(document.start(), range.start()));
      }
    }
    return tokens;
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
