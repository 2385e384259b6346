package dev.annulus.trainer.train;

import dev.annulus.ring.RingCounters;

/**
 * The numbers of a step over all ranks, reduced in one go.
 *
 * @param numerator sum of weight * loss over all targets
 * @param squares of the gradients' norm
 * @param ring sums over the ranks
 * @param area sums over the ranks
 * @param stalledNs time waited for rows, sum over the ranks
 * @param peakBytes maximum over the ranks
 */
record StepSums(
    double numerator,
    double squares,
    RingCounters ring,
    MaskArea area,
    long stalledNs,
    long peakBytes) {
  /** Counts stay exact: a double holds integers up to 2^53. */
  static StepSums reduce(
      TensorCollectives world,
      double numerator,
      double squares,
      RingCounters ring,
      MaskArea area,
      long stalledNs,
      long peakBytes,
      long step) {
    int steps = ring.computeNsByStep().length;
    int waits = ring.waitNsByStep().length;
    int peers = ring.bytesByPeer().length;
    Flat own = new Flat(new double[7 + waits + steps + 2 * peers + world.size()]);
    own.put(numerator).put(squares).put(area.worst()).put(area.mean()).put(stalledNs);
    own.put(ring.hops()).put(ring.hopsSkipped());
    own.put(ring.waitNsByStep()).put(ring.computeNsByStep());
    own.put(ring.bytesByPeer()).put(ring.waitNsByPeer());
    // A slot for each rank turns the sum into a gathering, of which the maximum is taken.
    own.values[own.next + world.rank()] = peakBytes;
    Flat sums = new Flat(world.allReduceSum(own.values, step));
    double sumOfNumerators = sums.take();
    double sumOfSquares = sums.take();
    MaskArea sumOfAreas = new MaskArea(sums.take(), sums.take());
    long sumOfStalls = Math.round(sums.take());
    RingCounters sumOfRings =
        new RingCounters(
            Math.round(sums.take()),
            Math.round(sums.take()),
            sums.take(waits),
            sums.take(steps),
            sums.take(peers),
            sums.take(peers));
    double peak = 0;
    for (int rank = 0; rank < world.size(); rank++) {
      peak = Math.max(peak, sums.take());
    }
    return new StepSums(
        sumOfNumerators, sumOfSquares, sumOfRings, sumOfAreas, sumOfStalls, Math.round(peak));
  }

  /** Numbers one behind the other. */
  private static final class Flat {
    private final double[] values;
    private int next;

    Flat(double[] values) {
      this.values = values;
    }

    Flat put(double value) {
      values[next++] = value;
      return this;
    }

    Flat put(long count) {
      return put((double) count);
    }

    Flat put(long[] counts) {
      for (long count : counts) {
        put(count);
      }
      return this;
    }

    double take() {
      return values[next++];
    }

    long[] take(int count) {
      long[] counts = new long[count];
      for (int i = 0; i < count; i++) {
        counts[i] = Math.round(take());
      }
      return counts;
    }
  }
}
