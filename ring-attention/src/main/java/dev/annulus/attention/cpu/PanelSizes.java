package dev.annulus.attention.cpu;

import dev.annulus.device.cpu.PanelProducts;

/**
 * How much {@link PanelAttention} takes at a time. What is packed for the inner blocks is used by
 * all panels of the outer tile; it is read again for each of them, so it should stay in a core's
 * second cache.
 *
 * @param outer forward, most query rows of a tile; backward, keys of a tile; a multiple of 8
 * @param inner forward, keys of a block; backward, queries of a block and keys that add to the
 *     gradients of queries at a time; a multiple of 8
 */
record PanelSizes(int outer, int inner) {
  /** For half a megabyte of second cache. */
  static final PanelSizes DEFAULT = new PanelSizes(384, 128);

  /** What a block is cut into at the edges of what is seen. */
  private static final int EDGE = 32;

  PanelSizes {
    int lanes = PanelProducts.LANES;
    if (outer < lanes || inner < lanes || outer % lanes != 0 || inner % lanes != 0) {
      throw new IllegalArgumentException(
          "panel sizes %d and %d, expected positive multiples of %d"
              .formatted(outer, inner, lanes));
    }
  }

  /**
   * How much of a block is summed over at a time. What was packed together can only be taken
   * together, so a block that is not seen wholly is packed in small pieces, of which those that a
   * panel does not see are left out.
   *
   * @param whole whether all of the tile sees all of the block
   */
  int piece(boolean whole) {
    return whole ? inner : Math.min(EDGE, inner);
  }

  /** Queries of a forward tile, each with its {@code groupSize} query heads: whole panels. */
  int queriesOfTile(int groupSize) {
    int lanes = PanelProducts.LANES;
    return Math.max(lanes, outer / groupSize / lanes * lanes);
  }
}
