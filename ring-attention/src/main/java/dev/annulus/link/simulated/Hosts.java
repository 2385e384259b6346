package dev.annulus.link.simulated;

import dev.annulus.link.simulated.EventLog.Event;

/** The hosts of the ranks, one each: what happens on a host does not while it is frozen or dead. */
final class Hosts {
  private final VirtualTime time;
  private final EventLog log;
  private final boolean[] dead;
  private final long[] frozenUntilNs;

  Hosts(int size, VirtualTime time, EventLog log) {
    this.time = time;
    this.log = log;
    this.dead = new boolean[size];
    this.frozenUntilNs = new long[size];
  }

  /** Has {@code action} happen on a host; later if the host is frozen then, never if dead. */
  void after(int rank, long delayNs, Runnable action) {
    time.after(delayNs, () -> happen(rank, action));
  }

  boolean isDead(int rank) {
    return dead[rank];
  }

  void kill(int rank) {
    dead[rank] = true;
    log.note(Event.DIED, rank, rank, 0);
  }

  void freeze(int rank, long durationNs) {
    frozenUntilNs[rank] = Math.max(frozenUntilNs[rank], time.nowNs() + durationNs);
    log.note(Event.FROZEN, rank, rank, durationNs);
  }

  private void happen(int rank, Runnable action) {
    if (dead[rank]) {
      return;
    }
    long leftNs = frozenUntilNs[rank] - time.nowNs();
    if (leftNs > 0) {
      after(rank, leftNs, action);
    } else {
      action.run();
    }
  }
}
