package dev.annulus.ring;

/**
 * How gradients of blocks travel in one backward pass of one rank. Steps as in {@link RingPass}.
 */
interface GradientFlow {
  /**
   * What must be over before step {@code step} can begin, or null. Adds in passing what has come.
   */
  Pending blocker(int step);

  /** Starts what can travel, before keys and values do. */
  void begin(int step);

  /** Where this rank's share for the block of a step is added up, cleared; null if it has none. */
  Block share(int step);

  /** The share of this step is complete. */
  void computed(int step);

  /** What is still under way behind the last step, or null. */
  Pending underWay();

  /** Adds what came home to the own gradients; nothing may be under way. */
  void addHome(Block own);
}
