package dev.annulus.ring.cost;

import dev.annulus.attention.AttentionShape;
import dev.annulus.ring.RingSchedule;
import dev.annulus.ring.RingTraffic;

/**
 * Predicts what a plan takes, from the plan alone: times of both passes of one layer, how much of
 * the transfers lies under compute, and bytes.
 *
 * <p>FLOP as in FlashAttention: 4 x pairs x query heads x head dim forward, 2.5 times that
 * backward. Every pair counts the same, whatever tile it lies in; what else a layer does is not
 * counted.
 *
 * @param kvBytes of one number of keys and values on the wire
 * @param gradientBytes of one number of their gradients on the wire
 */
public record CostModel(
    DeviceRates device, LinkRates link, AttentionShape shape, int kvBytes, int gradientBytes) {
  private static final double NS_PER_SECOND = 1e9;
  private static final double FORWARD_FLOP = 4;
  private static final double BACKWARD_OVER_FORWARD = 2.5;

  /** Of a running sum in memory that is read, added to and written. */
  private static final int SUM_BYTES = 2 * Float.BYTES;

  public CostModel {
    if (kvBytes < 1 || gradientBytes < 1) {
      throw new IllegalArgumentException(
          "numbers of %d and %d bytes".formatted(kvBytes, gradientBytes));
    }
  }

  /** What a forward pass takes. */
  public PassCost forward(RingSchedule schedule) {
    return new PassTimeline(this, schedule, false).run();
  }

  /** What a backward pass takes. */
  public PassCost backward(RingSchedule schedule) {
    return new PassTimeline(this, schedule, true).run();
  }

  /** Bytes that all ranks send in both passes. */
  public long bytes(RingSchedule schedule) {
    RingTraffic traffic = schedule.traffic();
    return traffic.forwardBytes(kvRowBytes())
        + traffic.backwardBytes(kvRowBytes(), gradientRowBytes());
  }

  /** Bytes of one token's key and value. */
  public long kvRowBytes() {
    return 2L * shape.kvColumns() * kvBytes;
  }

  /** Bytes of their gradients. */
  public long gradientRowBytes() {
    return 2L * shape.kvColumns() * gradientBytes;
  }

  /** How long the kernel takes for so many pairs. */
  long attentionNs(long pairs, boolean backward) {
    double flop = FORWARD_FLOP * pairs * shape.queryColumns();
    double seconds =
        backward
            ? BACKWARD_OVER_FORWARD * flop / device.backwardFlops()
            : flop / device.forwardFlops();
    return Math.round(seconds * NS_PER_SECOND);
  }

  /** How long it takes to add a block's part to the output, or to the gradient of the queries. */
  long mergeNs(long queries) {
    return memoryNs((double) SUM_BYTES * queries * shape.queryColumns());
  }

  /** How long it takes to add gradients that have arrived to those that are here. */
  long addNs(long rows) {
    return memoryNs((double) (SUM_BYTES + gradientBytes) * rows * 2 * shape.kvColumns());
  }

  private long memoryNs(double bytes) {
    return Math.round(bytes / device.memoryBytesPerSecond() * NS_PER_SECOND);
  }
}
