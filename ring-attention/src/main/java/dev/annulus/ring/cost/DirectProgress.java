package dev.annulus.ring.cost;

import dev.annulus.ring.RingSchedule;
import dev.annulus.ring.Shipment;

/**
 * A rank that sends straight to whoever needs its block: all its keys at the start, gradients of
 * each step behind it. It takes keys one step ahead, of those steps that have any, and gradients of
 * two users at a time, nearest first.
 */
final class DirectProgress implements RankProgress {
  private static final int NONE = -1;
  private static final int ARRIVING = 2;

  private final RingSchedule schedule;
  private final Shipping shipping;
  private final boolean backward;
  private final int rank;
  private final int ranks;
  private final int[] leavingGradients = {NONE, NONE};
  private int nextStep;
  private int turn;

  /** Distances of the next users whose gradients are to be named, and to be added. */
  private int namedTo = 1;

  private int addedTo = 1;
  private int underWay;
  private long homeRows;

  DirectProgress(RingSchedule schedule, Shipping shipping, boolean backward, int rank) {
    this.schedule = schedule;
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
        || (isActive(step) && isLeaving(leavingGradients[turn % 2]));
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
    for (int distance = 1; step == 0 && distance < ranks; distance++) {
      if (!schedule.keysFrom(rank, distance).isEmpty()) {
        shipping.sends(shipping.keys(schedule.user(rank, distance), distance));
      }
    }
    if (step == nextStep) {
      do {
        nextStep++;
      } while (nextStep < ranks && !isActive(nextStep));
      if (nextStep < ranks) {
        shipping.receives(shipping.keys(rank, nextStep));
      }
    }
  }

  @Override
  public void computed(int step) {
    if (backward && isActive(step)) {
      leavingGradients[turn++ % 2] = shipping.gradients(rank, step);
      shipping.sends(shipping.gradients(rank, step));
    }
  }

  private void nameGradients() {
    while (namedTo < ranks && underWay < ARRIVING) {
      shipping.receives(gradientsOf(namedTo));
      namedTo = nextUser(namedTo);
      underWay++;
    }
  }

  private boolean isActive(int step) {
    return step > 0 && step < ranks && !schedule.keysTo(rank, step).isEmpty();
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
