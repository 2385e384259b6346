package dev.annulus.ring;

/** Rows of a block that are under way to or from one peer. Belongs to one thread. */
interface Pending {
  /** Nothing under way. */
  Pending NOTHING =
      new Pending() {
        @Override
        public int peer() {
          return -1;
        }

        @Override
        public boolean isOver() {
          return true;
        }

        @Override
        public long awaitNext(long atMostNs) {
          return 0;
        }
      };

  /** Who sends or receives them. */
  int peer();

  /**
   * Whether all have left or arrived; does not wait.
   *
   * @throws dev.annulus.link.LinkException if that has failed
   */
  boolean isOver();

  /**
   * Waits for something of it that is still under way, at most so long at a time.
   *
   * @return nanoseconds waited
   * @throws dev.annulus.link.LinkException if it fails
   */
  long awaitNext(long atMostNs);

  /** The first of both that is not over, if any; else null. */
  static Pending blocker(Pending first, Pending second) {
    return !first.isOver() ? first : !second.isOver() ? second : null;
  }
}
