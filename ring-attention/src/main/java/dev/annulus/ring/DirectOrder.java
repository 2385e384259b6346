package dev.annulus.ring;

/**
 * In which order two ranks name the messages of a backward pass over the direct route. From rank u
 * to rank o there are at most two shipments: the keys and values of u, which o names at the
 * beginning of the step before the one at which it needs them (of those steps at which it works at
 * all), and the gradients of o's block, which u has at the end of the step at which it works on it.
 * The earlier step goes first. Both ends find the same order in the plan.
 */
public final class DirectOrder {
  private final RingSchedule schedule;

  /** The order of one plan. */
  public DirectOrder(RingSchedule schedule) {
    this.schedule = schedule;
  }

  /** Whether {@code rank} works on another's block at {@code step}. */
  public boolean isActive(int rank, int step) {
    return step > 0 && step < schedule.ranks() && !schedule.keysTo(rank, step).isEmpty();
  }

  /** The first step after {@code step} at which {@code rank} does; the number of ranks if none. */
  public int nextActive(int rank, int step) {
    int next = step + 1;
    while (next < schedule.ranks() && !isActive(rank, next)) {
      next++;
    }
    return next;
  }

  /**
   * Whether the keys of {@code owner} go to {@code user} before the gradients that {@code owner}
   * found for the block of {@code user}; also if there are none of these.
   */
  public boolean keysGoFirst(int owner, int user) {
    int needed = Math.floorMod(user - owner, schedule.ranks());
    int found = schedule.ranks() - needed;
    if (!isActive(owner, found)) {
      return true;
    }
    int named = needed - 1;
    while (named > 0 && !isActive(user, named)) {
      named--;
    }
    return named <= found;
  }
}
