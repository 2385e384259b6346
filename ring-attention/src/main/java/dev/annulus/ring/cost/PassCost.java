package dev.annulus.ring.cost;

/**
 * What one pass takes. Arrays are by rank.
 *
 * @param durationNs from the beginning, when all ranks begin, to the end of the last
 * @param attentionNs in which the rank's kernel works on pairs
 * @param addingNs in which it adds up what the blocks gave
 * @param waitNs in which it waits for transfers
 * @param transferNs in which its link sends
 * @param bytesSent by it
 */
public record PassCost(
    long durationNs,
    long[] attentionNs,
    long[] addingNs,
    long[] waitNs,
    long[] transferNs,
    long[] bytesSent) {

  /**
   * The rate of a rank over that of a device alone with an equal share of the pairs. What is
   * missing is imbalance, waiting and adding up.
   */
  public double rateKept() {
    return durationNs == 0 ? 1 : mean(attentionNs) / durationNs;
  }

  /** Share of the duration that a rank waits for transfers, on average. */
  public double waitShare() {
    return durationNs == 0 ? 0 : mean(waitNs) / durationNs;
  }

  /** Share of the transfers' time that nobody waits for, at least. */
  public double overlap() {
    double transfer = mean(transferNs);
    return transfer == 0 ? 1 : Math.max(0, 1 - mean(waitNs) / transfer);
  }

  /** Sent by all. */
  public long totalBytes() {
    long total = 0;
    for (long bytes : bytesSent) {
      total += bytes;
    }
    return total;
  }

  private static double mean(long[] values) {
    double sum = 0;
    for (long value : values) {
      sum += value;
    }
    return sum / values.length;
  }
}
