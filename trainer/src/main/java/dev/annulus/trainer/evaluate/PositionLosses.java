package dev.annulus.trainer.evaluate;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Losses by how far into its document the predicting token stands, in powers of two: 0, 1, 2-3,
 * 4-7, 8-15, ...
 *
 * @param targets for each bucket the number of targets
 * @param lossSums and the sum of their losses
 */
public record PositionLosses(long[] targets, double[] lossSums) implements Serializable {
  /** Position 0, and one bucket for each bit of a position. */
  private static final int BUCKETS = 1 + 31;

  /** Nothing yet. */
  public static PositionLosses empty() {
    return new PositionLosses(new long[BUCKETS], new double[BUCKETS]);
  }

  /**
   * One bucket.
   *
   * @param firstPosition the first position in it
   * @param lastPosition the last
   * @param targets at least 1
   * @param loss mean
   */
  public record Bucket(long firstPosition, long lastPosition, long targets, double loss) {}

  /** Counts a target predicted from {@code position}. */
  void add(int position, double loss) {
    int bucket = Integer.SIZE - Integer.numberOfLeadingZeros(position);
    targets[bucket]++;
    lossSums[bucket] += loss;
  }

  /** Both together. */
  PositionLosses plus(PositionLosses other) {
    PositionLosses sum = new PositionLosses(targets.clone(), lossSums.clone());
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      sum.targets[bucket] += other.targets[bucket];
      sum.lossSums[bucket] += other.lossSums[bucket];
    }
    return sum;
  }

  /** The buckets with targets, ascending. */
  public List<Bucket> buckets() {
    List<Bucket> buckets = new ArrayList<>();
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
      if (targets[bucket] > 0) {
        long first = bucket == 0 ? 0 : 1L << (bucket - 1);
        long last = bucket == 0 ? 0 : (1L << bucket) - 1;
        buckets.add(new Bucket(first, last, targets[bucket], lossSums[bucket] / targets[bucket]));
      }
    }
    return buckets;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PositionLosses that
        && Arrays.equals(targets, that.targets)
        && Arrays.equals(lossSums, that.lossSums);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(targets) * 31 + Arrays.hashCode(lossSums);
  }
}
