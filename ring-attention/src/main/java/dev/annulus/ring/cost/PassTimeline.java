package dev.annulus.ring.cost;

import dev.annulus.ring.RingSchedule;

/**
 * Plays a pass without its data, event by event: when each rank begins a step, has computed, and
 * has got what it needs to go on. The rules are those by which ranks carry a plan out, and are
 * checked against them.
 */
final class PassTimeline {
  /** A rank's card has sent a shipment; of a rank. */
  static final int LEFT = 0;

  /** A shipment is at its receiver's card; of a shipment. */
  static final int REACHES = 1;

  /** A shipment is in; of a shipment. */
  static final int ARRIVES = 2;

  /** A rank has added gradients; of a rank. */
  private static final int ADDED = 3;

  /** A rank has computed; of a rank. */
  private static final int COMPUTED = 4;

  private static final int KINDS = 8;

  private final CostModel cost;
  private final RingSchedule schedule;
  private final boolean backward;
  private final int ranks;
  private final int steps;
  private final EventHeap events = new EventHeap();
  private final Shipping shipping;
  private final RankProgress[] progress;
  private final int[] step;
  private final boolean[] busy;
  private final long[] freeNs;
  private final long[] attentionNs;
  private final long[] addingNs;
  private final long[] waitNs;
  private long nowNs;
  private int ended;

  PassTimeline(CostModel cost, RingSchedule schedule, boolean backward) {
    this.cost = cost;
    this.schedule = schedule;
    this.backward = backward;
    this.ranks = schedule.ranks();
    this.steps = backward ? ranks + 2 : ranks + 1;
    this.shipping = new Shipping(cost, schedule, this);
    this.progress = new RankProgress[ranks];
    this.step = new int[ranks];
    this.busy = new boolean[ranks];
    this.freeNs = new long[ranks];
    this.attentionNs = new long[ranks];
    this.addingNs = new long[ranks];
    this.waitNs = new long[ranks];
    for (int rank = 0; rank < ranks; rank++) {
      progress[rank] =
          switch (schedule.route()) {
            case RING -> new RingProgress(schedule, shipping, backward, rank);
            case DIRECT -> new DirectProgress(schedule, shipping, backward, rank);
          };
    }
  }

  PassCost run() {
    for (int rank = 0; rank < ranks; rank++) {
      goOn(rank);
    }
    while (!events.isEmpty()) {
      nowNs = events.firstTimeNs();
      long code = events.remove();
      happen((int) (code % KINDS), (int) (code / KINDS));
    }
    if (ended < ranks) {
      throw new IllegalStateException(
          "%d of %d ranks never end: %s".formatted(ranks - ended, ranks, schedule.describe()));
    }
    return new PassCost(
        nowNs, attentionNs, addingNs, waitNs, shipping.transferNs, shipping.bytesSent);
  }

  long nowNs() {
    return nowNs;
  }

  void at(long delayNs, int kind, int number) {
    events.add(nowNs + delayNs, (long) number * KINDS + kind);
  }

  private void happen(int kind, int number) {
    switch (kind) {
      case LEFT -> {
        shipping.onLeft(number);
        goOn(number);
      }
      case REACHES -> {
        int receiver = shipping.onReached(number);
        if (receiver >= 0) {
          goOn(receiver);
        }
      }
      case ARRIVES -> goOn(shipping.onArrived(number));
      case ADDED -> free(number);
      case COMPUTED -> {
        progress[number].computed(step[number]);
        step[number]++;
        free(number);
      }
      default -> throw new AssertionError("event " + kind);
    }
  }

  private void free(int rank) {
    busy[rank] = false;
    freeNs[rank] = nowNs;
    goOn(rank);
  }

  /** What a rank can do now that something has happened; nothing while it is busy. */
  private void goOn(int rank) {
    if (busy[rank] || step[rank] == steps) {
      return;
    }
    int at = step[rank];
    boolean direct = progress[rank] instanceof DirectProgress;
    // Over the ring what came is added when all of it is there, else one by one.
    long rows = direct || !progress[rank].isBlocked(at) ? progress[rank].rowsToAdd(at) : 0;
    if (rows > 0) {
      waitNs[rank] += nowNs - freeNs[rank];
      addingNs[rank] += cost.addNs(rows);
      occupy(rank, cost.addNs(rows), ADDED);
    } else if (!progress[rank].isBlocked(at)) {
      waitNs[rank] += nowNs - freeNs[rank];
      progress[rank].begin(at);
      compute(rank, at);
    }
  }

  private void compute(int rank, int at) {
    if (at == steps - 1) {
      step[rank]++;
      ended++;
      return;
    }
    long workNs = 0;
    if (at < ranks) {
      int owner = schedule.owner(rank, at);
      long pairs = schedule.area(rank, owner);
      long kernelNs = cost.attentionNs(pairs, backward);
      // The own block comes first and has nothing to be added to.
      long mergeNs = pairs > 0 && at > 0 ? cost.mergeNs(schedule.layout().tokensOf(rank)) : 0;
      attentionNs[rank] += kernelNs;
      addingNs[rank] += mergeNs;
      workNs = kernelNs + mergeNs;
    }
    occupy(rank, workNs, COMPUTED);
  }

  private void occupy(int rank, long ns, int kind) {
    busy[rank] = true;
    at(ns, kind, rank);
  }
}
