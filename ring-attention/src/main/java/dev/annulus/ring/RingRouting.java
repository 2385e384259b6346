package dev.annulus.ring;

/**
 * A block carries from neighbour to neighbour what the next rank or any farther one needs, so it
 * shrinks on its way; its gradients start at the nearest user and grow.
 *
 * @param keys by owner and distance
 * @param gradients by owner and distance
 */
record RingRouting(RowRanges[][] keys, RowRanges[][] gradients) implements Routing {
  static RingRouting of(BlockUse use, int ranks) {
    RowRanges[][] keys = new RowRanges[ranks][ranks];
    RowRanges[][] gradients = new RowRanges[ranks][ranks];
    for (int owner = 0; owner < ranks; owner++) {
      Growing carried = new Growing();
      int reach = 0;
      for (int distance = ranks - 1; distance > 0; distance--) {
        RowRanges needed = use.needed((owner + distance) % ranks, owner);
        reach = reach == 0 && !needed.isEmpty() ? distance : reach;
        keys[owner][distance] = carried.add(needed);
      }
      Growing returned = new Growing();
      for (int distance = 1; distance < ranks; distance++) {
        RowRanges needed = use.needed((owner + distance) % ranks, owner);
        gradients[owner][distance] = distance > reach ? RowRanges.NONE : returned.add(needed);
      }
    }
    return new RingRouting(keys, gradients);
  }

  @Override
  public RowRanges keyRows(int owner, int distance) {
    return keys[owner][distance];
  }

  @Override
  public RowRanges gradientRows(int owner, int distance) {
    return gradients[owner][distance];
  }

  /**
   * A union that only grows, with gaps filled: what is sent at one end of the way lies within what
   * is sent at the other, so nobody sends rows that never came.
   */
  private static final class Growing {
    private RowRanges needed = RowRanges.NONE;
    private RowRanges sent = RowRanges.NONE;

    RowRanges add(RowRanges more) {
      if (!more.isEmpty()) {
        needed = needed.union(more);
        RowRanges all = sent.union(more);
        long allowed = needed.rows() / NEEDED_ROWS_PER_EXTRA;
        sent = all.withGapsFilled(allowed - (all.rows() - needed.rows()));
      }
      return sent;
    }
  }
}
