package dev.annulus.ring;

/**
 * What one rank, or all of a ring, send in one forward and one backward pass. A hop is one block
 * (keys and values, or their gradients), or the needed rows of it, sent to one peer; a plain ring
 * makes {@code ranks - 1} of them a rank forward and twice as many backward, and what it would make
 * more is skipped.
 *
 * @param forwardHops blocks of keys and values sent in a forward pass
 * @param forwardTokens their tokens
 * @param forwardMessages their messages
 * @param gradientHops blocks of gradients sent in a backward pass, which also makes the forward's
 *     hops again
 * @param gradientTokens their tokens
 * @param gradientMessages their messages
 * @param forwardHopsSkipped forward hops nobody needed
 * @param gradientHopsSkipped hops of gradients nobody needed
 * @param neededTokens tokens of other ranks that a rank's queries see: no route can do with fewer
 *     one way
 */
public record RingTraffic(
    long forwardHops,
    long forwardTokens,
    long forwardMessages,
    long gradientHops,
    long gradientTokens,
    long gradientMessages,
    long forwardHopsSkipped,
    long gradientHopsSkipped,
    long neededTokens) {
  static final RingTraffic NOTHING = new RingTraffic(0, 0, 0, 0, 0, 0, 0, 0, 0);

  static RingTraffic of(RingSchedule schedule, int rank) {
    long forwardHops = 0;
    long forwardTokens = 0;
    long forwardMessages = 0;
    long gradientHops = 0;
    long gradientTokens = 0;
    long gradientMessages = 0;
    long neededTokens = 0;
    for (int step = 1; step < schedule.ranks(); step++) {
      Shipment keys = schedule.keysFrom(rank, step);
      forwardHops += keys.isEmpty() ? 0 : 1;
      forwardTokens += keys.rows().rows();
      forwardMessages += keys.messages();
      Shipment gradients = schedule.gradientsFrom(rank, step);
      gradientHops += gradients.isEmpty() ? 0 : 1;
      gradientTokens += gradients.rows().rows();
      gradientMessages += gradients.messages();
      neededTokens += schedule.needed(rank, schedule.owner(rank, step)).rows();
    }
    int plain = schedule.ranks() - 1;
    return new RingTraffic(
        forwardHops,
        forwardTokens,
        forwardMessages,
        gradientHops,
        gradientTokens,
        gradientMessages,
        plain - forwardHops,
        plain - gradientHops,
        neededTokens);
  }

  /** Both together. */
  public RingTraffic plus(RingTraffic other) {
    return new RingTraffic(
        forwardHops + other.forwardHops,
        forwardTokens + other.forwardTokens,
        forwardMessages + other.forwardMessages,
        gradientHops + other.gradientHops,
        gradientTokens + other.gradientTokens,
        gradientMessages + other.gradientMessages,
        forwardHopsSkipped + other.forwardHopsSkipped,
        gradientHopsSkipped + other.gradientHopsSkipped,
        neededTokens + other.neededTokens);
  }

  /** Hops of a backward pass. */
  public long backwardHops() {
    return forwardHops + gradientHops;
  }

  /** Hops a backward pass does without. */
  public long backwardHopsSkipped() {
    return forwardHopsSkipped + gradientHopsSkipped;
  }

  /** Tokens sent in a forward and a backward pass. */
  public long tokens() {
    return 2 * forwardTokens + gradientTokens;
  }

  /** Keys and values sent, over those needed; 1 if none are needed. */
  public double sentOverNeeded() {
    return neededTokens == 0 ? 1 : (double) forwardTokens / neededTokens;
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
   * Bytes of a backward pass.
   *
   * @param kvRowBytes bytes of one token's key and value
   * @param gradientRowBytes bytes of the gradients of both
   */
  public long backwardBytes(long kvRowBytes, long gradientRowBytes) {
    return forwardTokens * kvRowBytes + gradientTokens * gradientRowBytes;
  }
}
