package dev.annulus.link.aeron;

import io.aeron.driver.status.SystemCounterDescriptor;

/**
 * What the media drivers of this process have put on the network since they started. What passes
 * through shared memory is not counted.
 *
 * @param bytesSent all of them, those sent again included
 * @param bytesRepeated sent again, as a receiver had missed them
 */
public record AeronTraffic(long bytesSent, long bytesRepeated) {
  /** Looks. */
  public static AeronTraffic ofThisProcess() {
    long sent = 0;
    long repeated = 0;
    for (AeronRuntime runtime : AeronRuntime.running()) {
      sent += count(runtime, SystemCounterDescriptor.BYTES_SENT);
      repeated += count(runtime, SystemCounterDescriptor.RETRANSMITTED_BYTES);
    }
    return new AeronTraffic(sent, repeated);
  }

  private static long count(AeronRuntime runtime, SystemCounterDescriptor counter) {
    return runtime.call(
        "count", () -> runtime.aeron().countersReader().getCounterValue(counter.id()));
  }
}
