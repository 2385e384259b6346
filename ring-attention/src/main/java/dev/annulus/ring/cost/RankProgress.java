package dev.annulus.ring.cost;

/**
 * What one rank waits for and names, step by step: the rules of a {@link dev.annulus.ring.RingPass}
 * without its data. Steps as there.
 */
sealed interface RankProgress permits RingProgress, DirectProgress {
  /** Whether what must be over before a step is not. */
  boolean isBlocked(int step);

  /**
   * Rows of gradients that can be added before a step, each time it is asked; 0 if none. Who asks
   * has them added.
   */
  long rowsToAdd(int step);

  /** The step begins: names what travels under it. */
  void begin(int step);

  /** This rank's work of a step is done. */
  void computed(int step);
}
