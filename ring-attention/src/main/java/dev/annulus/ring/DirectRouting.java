package dev.annulus.ring;

/** Each rank gets of each owner what it needs, and returns the gradients of just that. */
record DirectRouting(RowRanges[][] rows) implements Routing {
  static DirectRouting of(BlockUse use, int ranks) {
    RowRanges[][] rows = new RowRanges[ranks][ranks];
    for (int owner = 0; owner < ranks; owner++) {
      for (int distance = 1; distance < ranks; distance++) {
        RowRanges needed = use.needed((owner + distance) % ranks, owner);
        rows[owner][distance] = needed.withGapsFilled(needed.rows() / NEEDED_ROWS_PER_EXTRA);
      }
    }
    return new DirectRouting(rows);
  }

  @Override
  public RowRanges keyRows(int owner, int distance) {
    return rows[owner][distance];
  }

  @Override
  public RowRanges gradientRows(int owner, int distance) {
    return rows[owner][distance];
  }
}
