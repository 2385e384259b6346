package dev.annulus.ring;

/**
 * How keys and values travel in one pass of one rank. Steps as in {@link RingPass}; before {@link
 * #begin} of a step its {@link #blocker} must be null.
 */
interface KeyValueFlow {
  /** What must be over before step {@code step} can begin, or null. */
  Pending blocker(int step);

  /** Starts what travels under the computing of this step. */
  void begin(int step);

  /** The block to work on, once its step has begun: the rows that this rank needs, and holes. */
  Block held(int step);

  /** What is still leaving behind the last step, or null. */
  Pending leaving();
}
