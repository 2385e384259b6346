package dev.annulus.ring;

import java.util.Arrays;

/**
 * What one rank's ring did since it was opened. The time of a step of training is made of
 * attention, waiting, and the rest of the model.
 *
 * @param hops blocks, or rows of blocks, sent to a peer
 * @param hopsSkipped blocks that a plain ring would have sent besides
 * @param waitNsByStep nanoseconds that transfers were waited for, by the ring's step before which
 *     they had to be over; one more entry for what leaves or comes home behind the last
 * @param computeNsByStep nanoseconds in attention kernels, by the ring's step
 * @param bytesByPeer bytes of keys, values and their gradients sent, by rank of the peer
 * @param waitNsByPeer nanoseconds waited, by rank of the peer
 */
public record RingCounters(
    long hops,
    long hopsSkipped,
    long[] waitNsByStep,
    long[] computeNsByStep,
    long[] bytesByPeer,
    long[] waitNsByPeer) {
  /** What was done since {@code earlier}. */
  public RingCounters minus(RingCounters earlier) {
    return new RingCounters(
        hops - earlier.hops,
        hopsSkipped - earlier.hopsSkipped,
        difference(waitNsByStep, earlier.waitNsByStep),
        difference(computeNsByStep, earlier.computeNsByStep),
        difference(bytesByPeer, earlier.bytesByPeer),
        difference(waitNsByPeer, earlier.waitNsByPeer));
  }

  private static long[] difference(long[] now, long[] earlier) {
    long[] difference = new long[now.length];
    Arrays.setAll(difference, i -> now[i] - earlier[i]);
    return difference;
  }

  /** Nanoseconds in attention kernels. */
  public long attentionNs() {
    return Arrays.stream(computeNsByStep).sum();
  }

  /** Nanoseconds that transfers were waited for. */
  public long waitNs() {
    return Arrays.stream(waitNsByStep).sum();
  }

  /** Bytes of keys, values and their gradients sent. */
  public long bytesSent() {
    return Arrays.stream(bytesByPeer).sum();
  }
}
