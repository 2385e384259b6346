package dev.annulus.ring;

/**
 * Which rows of each block travel where under one route, by the owner of the block and the distance
 * of a rank from it: the rank (owner + distance) mod n works on the block at step {@code distance}.
 */
interface Routing {
  /**
   * Few rows that nobody needs are sent where that saves messages: at most one for so many that are
   * needed.
   */
  int NEEDED_ROWS_PER_EXTRA = 100;

  /** Rows of keys and values that reach the rank at {@code distance}, 1 or more. */
  RowRanges keyRows(int owner, int distance);

  /** Rows of gradients that leave the rank at {@code distance}, 1 or more. */
  RowRanges gradientRows(int owner, int distance);

  /** The routing of a route. */
  static Routing of(Route route, BlockUse use, int ranks) {
    return switch (route) {
      case RING -> RingRouting.of(use, ranks);
      case DIRECT -> DirectRouting.of(use, ranks);
    };
  }
}
