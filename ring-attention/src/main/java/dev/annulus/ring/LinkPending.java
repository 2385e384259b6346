package dev.annulus.ring;

import dev.annulus.link.Transfer;

/** Messages to or from one peer that a link moves together. */
final class LinkPending implements Pending {
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
  LinkPending(int peer, Transfer[] transfers, Runnable then) {
    this.peer = peer;
    this.transfers = transfers;
    this.then = then;
  }

  @Override
  public int peer() {
    return peer;
  }

  @Override
  public boolean isOver() {
    while (done < transfers.length && transfers[done].isDone()) {
      transfers[done++].await(); // does not wait; says if it failed
    }
    if (done == transfers.length && !over) {
      over = true;
      then.run();
    }
    return over;
  }

  @Override
  public long awaitNext(long atMostNs) {
    if (isOver()) {
      return 0;
    }
    if (atMostNs == Long.MAX_VALUE) {
      return transfers[done].await();
    }
    long start = System.nanoTime();
    transfers[done].await(atMostNs);
    return System.nanoTime() - start;
  }
}
