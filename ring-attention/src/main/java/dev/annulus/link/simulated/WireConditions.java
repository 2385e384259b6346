package dev.annulus.link.simulated;

/**
 * What datagrams meet with between two hosts.
 *
 * @param bytesPerSecond of a host's network card, each way; both ways at once
 * @param latencyNs from leaving a card to reaching the other
 * @param jitterNs up to which more a datagram may take; larger than its own duration, datagrams
 *     overtake each other
 * @param loss share of datagrams that never arrive
 * @param duplication share that arrive twice
 * @param damage share that arrive with a wrong bit, which the stream's own checksum notices
 */
public record WireConditions(
    double bytesPerSecond,
    long latencyNs,
    long jitterNs,
    double loss,
    double duplication,
    double damage) {

  public WireConditions {
    if (!(bytesPerSecond > 0) || latencyNs < 0 || jitterNs < 0) {
      throw new IllegalArgumentException(
          "a wire of %s bytes/s, %d ns, %d ns".formatted(bytesPerSecond, latencyNs, jitterNs));
    }
    if (!(loss >= 0 && duplication >= 0 && damage >= 0 && loss + duplication + damage <= 1)) {
      throw new IllegalArgumentException(
          "shares of loss %s, duplication %s, damage %s, expected to be at least 0 and at most 1 together"
              .formatted(loss, duplication, damage));
    }
  }

  /** Nothing is lost, and all arrives in order. */
  public static WireConditions calm(double bytesPerSecond, long latencyNs) {
    return new WireConditions(bytesPerSecond, latencyNs, 0, 0, 0, 0);
  }
}
