package dev.annulus.ring.cost;

/**
 * How fast blocks get from rank to rank.
 *
 * @param bytesPerSecond out of one rank, and at the same time into it
 * @param latencyNs from the last byte's leaving to its being there, and known to be there
 * @param messageNs by which each message occupies the link beyond its bytes
 */
public record LinkRates(double bytesPerSecond, long latencyNs, long messageNs) {
  private static final double NS_PER_SECOND = 1e9;

  public LinkRates {
    if (!(bytesPerSecond > 0) || latencyNs < 0 || messageNs < 0) {
      throw new IllegalArgumentException(
          "a link of %s bytes/s, %d and %d ns".formatted(bytesPerSecond, latencyNs, messageNs));
    }
  }

  /** How long a block occupies the link. */
  long occupiedNs(long bytes, long messages) {
    return Math.round(bytes * NS_PER_SECOND / bytesPerSecond) + messages * messageNs;
  }
}
