package dev.annulus.trainer.train;

import dev.annulus.ring.RingAttention;
import dev.annulus.ring.RingCounters;

/**
 * What a ring's attention has cost so far, or in a step.
 *
 * @param attentionNs time in attention, waiting included
 * @param waitNs of it waiting for blocks
 * @param bytesSent to the next worker
 * @param hops blocks received
 * @param hopsSkipped blocks that were not needed
 */
record RingTotals(long attentionNs, long waitNs, long bytesSent, long hops, long hopsSkipped) {
  static RingTotals of(RingAttention attention) {
    RingCounters counters = attention.counters();
    return new RingTotals(
        counters.attentionNs(),
        counters.waitNs(),
        counters.bytesSent(),
        counters.hops(),
        counters.hopsSkipped());
  }

  RingTotals minus(RingTotals earlier) {
    return new RingTotals(
        attentionNs - earlier.attentionNs,
        waitNs - earlier.waitNs,
        bytesSent - earlier.bytesSent,
        hops - earlier.hops,
        hopsSkipped - earlier.hopsSkipped);
  }
}
