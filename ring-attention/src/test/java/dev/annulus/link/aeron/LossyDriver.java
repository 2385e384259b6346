package dev.annulus.link.aeron;

import dev.annulus.link.Link;
import io.aeron.driver.status.SystemCounterDescriptor;
import java.time.Duration;
import java.util.List;

/** A driver of this process that loses a share of the packets it receives; the seed says which. */
public final class LossyDriver implements AutoCloseable {
  private final DriverOptions options;
  private final AeronRuntime runtime;

  /** Packets are small, so that many can be lost. */
  public LossyDriver(double share, long seed) {
    this.options = AeronNetworks.options(1408).withLoss(share, seed);
    this.runtime = AeronRuntime.acquire(options, 0);
  }

  /** Workers that talk to each other over UDP. */
  public List<Link> links(int size, Duration timeout) {
    return AeronNetworks.open(options, 1, true, size, timeout, () -> false);
  }

  /** How often packets were sent again. */
  public long retransmits() {
    return runtime.call(
        "count",
        () ->
            runtime
                .aeron()
                .countersReader()
                .getCounterValue(SystemCounterDescriptor.RETRANSMITS_SENT.id()));
  }

  @Override
  public void close() {
    AeronRuntime.release(List.of(runtime));
  }
}
