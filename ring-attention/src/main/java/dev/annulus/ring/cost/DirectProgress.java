package dev.annulus.ring.cost;

import dev.annulus.ring.DirectOrder;
import dev.annulus.ring.RingSchedule;
import dev.annulus.ring.Shipment;

/**
 * A rank that sends straight to whoever needs its block: its keys at the start, or behind the
 * gradients that go to the same rank where {@link DirectOrder} says so; gradients of each step
 * behind it. It takes keys one step ahead, of those steps that have any, and gradients of two users
 * at a time, nearest first.
 */
final class DirectProgress implements RankProgress {
  private static final int NONE = -1;
  private static final int ARRIVING = 2;

  private final RingSchedule schedule;
  private final DirectOrder order;
  private final Shipping shipping;
  private final boolean backward;
  private final int rank;
  private final int ranks;
  private final int[] leavingGradients = {NONE, NONE};
  private boolean begun;
  private int nextStep;
  private int turn;

  /** Distances of the next users whose gradients are to be named, and to be added. */
  private int namedTo = 1;

  private int addedTo = 1;
  private int underWay;
  private long homeRows;

  DirectProgress(RingSchedule schedule, Shipping shipping, boolean backward, int rank) {
    this.schedule = schedule;
    this.order = new DirectOrder(schedule);
    this.shipping = shipping;
    this.backward = backward;
    this.rank = rank;
    this.ranks = schedule.ranks();
    this.namedTo = nextUser(0);
    this.addedTo = namedTo;
  }

  @Override
  public boolean isBlocked(int step) {
    if (backward && isWaitingForGradients(step)) {
      return true;
    }
    if (step < ranks) {
      return step == nextStep && step > 0 && !shipping.hasArrived(shipping.keys(rank, step));
    }
    boolean last = step == (backward ? ranks + 1 : ranks);
    return last && !allKeysHaveLeft();
  }

  private boolean isWaitingForGradients(int step) {
    if (step == ranks + 1) {
      return addedTo < ranks || isLeaving(leavingGradients[0]) || isLeaving(leavingGradients[1]);
    }
    return namedTo < Math.min(step, ranks)
        || (order.isActive(rank, step) && isLeaving(leavingGradients[turn % 2]));
  }

  @Override
  public long rowsToAdd(int step) {
    if (!backward) {
      return 0;
    }
    nameGradients();
    if (addedTo < namedTo && shipping.hasArrived(gradientsOf(addedTo))) {
      long rows = incoming(addedTo).rows().rows();
      homeRows = Math.max(homeRows, rows);
      addedTo = nextUser(addedTo);
      underWay--;
      nameGradients();
      return rows;
    }
    if (step == ranks + 1 && addedTo == ranks) {
      long rows = homeRows;
      homeRows = 0;
      return rows;
    }
    return 0;
  }

  @Override
  public void begin(int step) {
    begun = true;
    for (int distance = 1; step == 0 && distance < ranks; distance++) {
      if (!backward || order.keysGoFirst(rank, schedule.user(rank, distance))) {
        offer(distance);
      }
    }
    if (step == nextStep) {
      nextStep = order.nextActive(rank, step);
      if (nextStep < ranks) {
        shipping.receives(shipping.keys(rank, nextStep));
      }
    }
  }

  private void offer(int distance) {
    if (!schedule.keysFrom(rank, distance).isEmpty()) {
      shipping.sends(shipping.keys(schedule.user(rank, distance), distance));
    }
  }

  @Override
  public void computed(int step) {
    if (backward && order.isActive(rank, step)) {
      leavingGradients[turn++ % 2] = shipping.gradients(rank, step);
      shipping.sends(shipping.gradients(rank, step));
      int owner = schedule.owner(rank, step);
      if (!order.keysGoFirst(rank, owner)) {
        offer(Math.floorMod(owner - rank, ranks));
      }
    }
  }

  private void nameGradients() {
    while (namedTo < ranks && underWay < ARRIVING && mayBeNamed(namedTo)) {
      shipping.receives(gradientsOf(namedTo));
      namedTo = nextUser(namedTo);
      underWay++;
    }
  }

  /** Not before the keys that come from the same rank, if these go first. */
  private boolean mayBeNamed(int distance) {
    int user = schedule.user(rank, distance);
    int needed = Math.floorMod(rank - user, ranks);
    boolean keysAreNamed = begun && (needed <= nextStep || !order.isActive(rank, needed));
    return keysAreNamed || !order.keysGoFirst(user, rank);
  }

  private int nextUser(int distance) {
    int next = distance + 1;
    while (next < ranks && incoming(next).isEmpty()) {
      next++;
    }
    return next;
  }

  private int gradientsOf(int distance) {
    return shipping.gradients(schedule.user(rank, distance), distance);
  }

  private Shipment incoming(int distance) {
    return schedule.gradientsFrom(schedule.user(rank, distance), distance);
  }

  private boolean allKeysHaveLeft() {
    for (int distance = 1; distance < ranks; distance++) {
      if (!schedule.keysFrom(rank, distance).isEmpty()
          && !shipping.hasLeft(shipping.keys(schedule.user(rank, distance), distance))) {
        return false;
      }
    }
    return true;
  }

  private boolean isLeaving(int shipment) {
    return shipment != NONE && !shipping.hasLeft(shipment);
  }
}
