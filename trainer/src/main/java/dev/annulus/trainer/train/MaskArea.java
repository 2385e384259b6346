package dev.annulus.trainer.train;

import dev.annulus.ring.RingSchedule;

/**
 * How evenly the visible (query, key) pairs of rows lie over the ranks of a ring. Rows are worked
 * on one behind the other, so what counts is the sum of their worst ranks.
 *
 * @param worst pairs of the rank with the most of them, summed over rows
 * @param mean pairs of a rank, summed over rows
 */
record MaskArea(double worst, double mean) {
  static final MaskArea NONE = new MaskArea(0, 0);

  /** With one more row. */
  MaskArea plus(RingSchedule schedule) {
    double worstOfRow = 0;
    double sum = 0;
    for (int rank = 0; rank < schedule.ranks(); rank++) {
      double area = (double) schedule.area(rank);
      worstOfRow = Math.max(worstOfRow, area);
      sum += area;
    }
    return new MaskArea(worst + worstOfRow, mean + sum / schedule.ranks());
  }

  /** 1 where all ranks have the same, or there are no pairs. */
  double worstOverMean() {
    return mean == 0 ? 1 : worst / mean;
  }
}
