package dev.annulus.ring;

/**
 * What one rank sends in one forward and one backward pass. A hop is one block (keys and values, or
 * their gradients) sent to one peer; a plain ring makes {@code ranks - 1} of them forward and twice
 * as many backward, and what it would make more is skipped.
 *
 * @param forwardHops blocks of keys and values sent in a forward pass
 * @param forwardTokens their tokens
 * @param gradientHops blocks of gradients sent in a backward pass, which also makes the forward's
 *     hops again
 * @param gradientTokens their tokens
 * @param forwardHopsSkipped forward hops nobody needed
 * @param gradientHopsSkipped hops of gradients nobody needed
 */
public record RingTraffic(
    int forwardHops,
    long forwardTokens,
    int gradientHops,
    long gradientTokens,
    int forwardHopsSkipped,
    int gradientHopsSkipped) {

  static RingTraffic of(RingSchedule schedule, int rank) {
    int forwardHops = 0;
    long forwardTokens = 0;
    int gradientHops = 0;
    long gradientTokens = 0;
    for (int step = 0; step < schedule.ranks(); step++) {
      int tokens = schedule.layout().tokensOf(schedule.owner(rank, step));
      if (schedule.passesOn(rank, step)) {
        forwardHops++;
        forwardTokens += tokens;
      }
      if (schedule.carriesGradients(rank, step)) {
        gradientHops++;
        gradientTokens += tokens;
      }
    }
    int plain = schedule.ranks() - 1;
    return new RingTraffic(
        forwardHops,
        forwardTokens,
        gradientHops,
        gradientTokens,
        plain - forwardHops,
        plain - gradientHops);
  }

  /** Hops of a backward pass. */
  public int backwardHops() {
    return forwardHops + gradientHops;
  }

  /** Hops a backward pass does without. */
  public int backwardHopsSkipped() {
    return forwardHopsSkipped + gradientHopsSkipped;
  }

  /**
   * Bytes of a forward pass.
   *
   * @param kvRowBytes bytes of one token's key and value
   */
  public long forwardBytes(long kvRowBytes) {
    return forwardTokens * kvRowBytes;
  }

  /**
   * Bytes of a backward pass, whose gradients are as wide as keys and values.
   *
   * @param kvRowBytes bytes of one token's key and value
   */
  public long backwardBytes(long kvRowBytes) {
    return (forwardTokens + gradientTokens) * kvRowBytes;
  }
}
