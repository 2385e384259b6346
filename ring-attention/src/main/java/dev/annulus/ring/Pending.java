package dev.annulus.ring;

import dev.annulus.link.Transfer;

/** Messages to or from one peer that are under way together. Belongs to one thread. */
final class Pending {
  /** Nothing under way. */
  static final Pending NOTHING = new Pending(-1, new Transfer[0], () -> {});

  private final int peer;
  private final Transfer[] transfers;
  private final Runnable then;
  private int done;
  private boolean over;

  /**
   * Messages under way.
   *
   * @param then done once, when all are over
   */
  Pending(int peer, Transfer[] transfers, Runnable then) {
    this.peer = peer;
    this.transfers = transfers;
    this.then = then;
  }

  int peer() {
    return peer;
  }

  /**
   * Whether all messages have left or arrived; does not wait.
   *
   * @throws dev.annulus.link.LinkException if one has failed
   */
  boolean isOver() {
    while (done < transfers.length && transfers[done].isDone()) {
      transfers[done++].await(); // does not wait; says if it failed
    }
    if (done == transfers.length && !over) {
      over = true;
      then.run();
    }
    return over;
  }

  /**
   * Waits for the first message that is still under way.
   *
   * @return nanoseconds waited
   * @throws dev.annulus.link.LinkException if it fails
   */
  long awaitNext() {
    return isOver() ? 0 : transfers[done].await();
  }

  /** The first of both that is not over, if any; else null. */
  static Pending blocker(Pending first, Pending second) {
    return !first.isOver() ? first : !second.isOver() ? second : null;
  }
}
