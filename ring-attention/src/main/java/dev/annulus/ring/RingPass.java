package dev.annulus.ring;

/**
 * One rank's forward or backward pass around the ring, step by step: for each step from 0 to {@link
 * #steps} - 1 in order {@link #await} (or poll {@link #isReady}), {@link #begin}, {@link #compute}.
 *
 * <p>At step s the rank works on the block of rank - s. What must have arrived or left before is
 * waited for first; then the transfers of the next step are named, so that they run while the rank
 * computes. Steps behind the number of ranks compute nothing: in them the last transfers end.
 *
 * <p>Belongs to one thread. {@link RingAttention} drives a pass by waiting; whoever drives many
 * ranks in one thread asks instead, and never waits.
 */
public sealed interface RingPass permits ForwardPass, BackwardPass {
  /** Number of steps, those included in which the last transfers end. */
  int steps();

  /**
   * Whether {@link #await} would return at once.
   *
   * @throws dev.annulus.link.LinkException if a transfer has failed
   */
  boolean isReady(int step);

  /**
   * Waits until a step can begin.
   *
   * @throws dev.annulus.link.LinkException if a peer does not do its part
   */
  void await(int step);

  /** Names what travels under the computing of a step, which must be ready. Does not wait. */
  void begin(int step);

  /** What this rank has to compute at a step that has begun. Does not wait. */
  void compute(int step);
}
