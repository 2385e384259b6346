package dev.annulus.data.pack;

import java.io.Serializable;

/**
 * What stands in some rows.
 *
 * @param rows how many
 * @param tokens that are not padding
 * @param segments runs of one document's tokens in one row
 * @param targets tokens whose loss counts
 */
public record PackedCounts(long rows, long tokens, long segments, long targets)
    implements Serializable {
  /** Nothing. */
  public static final PackedCounts NONE = new PackedCounts(0, 0, 0, 0);

  /** Both together. */
  public PackedCounts plus(PackedCounts other) {
    return new PackedCounts(
        rows + other.rows,
        tokens + other.tokens,
        segments + other.segments,
        targets + other.targets);
  }
}
