package dev.annulus.ring.simulation;

import dev.annulus.link.LinkException;

/**
 * How one rank of a simulated ring ended.
 *
 * @param failure why it could not finish; null if it did, or died
 * @param died whether it was killed before its end
 * @param atNs when, in virtual time
 * @param longestWaitNs the longest that it waited for a step
 */
public record RankEnd(
    int rank, LinkException failure, boolean died, long atNs, long longestWaitNs) {
  /** Whether all its passes are done. */
  public boolean finished() {
    return failure == null && !died;
  }
}
