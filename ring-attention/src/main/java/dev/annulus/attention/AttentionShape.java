package dev.annulus.attention;

/**
 * Head counts and size of an attention.
 *
 * @param queryHeads a multiple of {@code kvHeads}
 * @param kvHeads key and value heads; query head h reads key head {@code h / groupSize()}
 * @param headDim elements of a head
 */
public record AttentionShape(int queryHeads, int kvHeads, int headDim) {
  public AttentionShape {
    if (queryHeads < 1 || kvHeads < 1 || headDim < 1 || queryHeads % kvHeads != 0) {
      throw new IllegalArgumentException(
          "attention of "
              + queryHeads
              + " query heads, "
              + kvHeads
              + " key heads, head dim "
              + headDim);
    }
  }

  /** Query heads per key head. */
  public int groupSize() {
    return queryHeads / kvHeads;
  }

  /** Columns of q and out. */
  public int queryColumns() {
    return queryHeads * headDim;
  }

  /** Columns of k and v. */
  public int kvColumns() {
    return kvHeads * headDim;
  }

  /** What scores are multiplied by: 1 / sqrt(headDim). */
  public float scale() {
    return (float) (1.0 / Math.sqrt(headDim));
  }
}
