package dev.annulus.trainer.train;

/**
 * The numbers of a step over all ranks, reduced in one go.
 *
 * @param numerator sum of weight * loss over all targets
 * @param ring sums over the ranks
 * @param stalledNs time waited for rows, sum over the ranks
 * @param peakBytes maximum over the ranks
 */
record StepSums(double numerator, RingTotals ring, long stalledNs, long peakBytes) {
  /** Counts stay exact: a double holds integers up to 2^53. */
  static StepSums reduce(
      TensorCollectives world,
      double numerator,
      RingTotals ring,
      long stalledNs,
      long peakBytes,
      long step) {
    int fixed = 7;
    double[] values = new double[fixed + world.size()];
    values[0] = numerator;
    values[1] = ring.attentionNs();
    values[2] = ring.waitNs();
    values[3] = ring.bytesSent();
    values[4] = ring.hops();
    values[5] = ring.hopsSkipped();
    values[6] = stalledNs;
    // A slot for each rank turns the sum into a gathering, of which the maximum is taken.
    values[fixed + world.rank()] = peakBytes;
    double[] sums = world.allReduceSum(values, step);
    double peak = 0;
    for (int i = fixed; i < sums.length; i++) {
      peak = Math.max(peak, sums[i]);
    }
    return new StepSums(
        sums[0],
        new RingTotals(
            Math.round(sums[1]),
            Math.round(sums[2]),
            Math.round(sums[3]),
            Math.round(sums[4]),
            Math.round(sums[5])),
        Math.round(sums[6]),
        Math.round(peak));
  }
}
