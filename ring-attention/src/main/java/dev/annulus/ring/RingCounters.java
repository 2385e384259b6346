package dev.annulus.ring;

/**
 * What one rank's ring did since it was opened. "step_ms" is made of attention, waiting, and the
 * rest of the model.
 *
 * @param attentionNs nanoseconds in attention kernels
 * @param waitNs nanoseconds that transfers were waited for
 * @param bytesSent bytes of keys, values and their gradients sent
 * @param hops blocks sent to a peer
 * @param hopsSkipped blocks that a plain ring would have sent besides
 */
public record RingCounters(
    long attentionNs, long waitNs, long bytesSent, long hops, long hopsSkipped) {}
