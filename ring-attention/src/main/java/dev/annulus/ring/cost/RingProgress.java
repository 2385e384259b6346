package dev.annulus.ring.cost;

import dev.annulus.ring.RingSchedule;
import dev.annulus.ring.RowRanges;
import dev.annulus.ring.Shipment;

/** A rank of a ring that passes from neighbour to neighbour. */
final class RingProgress implements RankProgress {
  private static final int NONE = -1;

  private final RingSchedule schedule;
  private final Shipping shipping;
  private final boolean backward;
  private final int rank;
  private final int ranks;
  private final int reach;
  private final int[] leavingGradients = {NONE, NONE};
  private int arrivingKeys = NONE;
  private int leavingKeys = NONE;
  private int arrivingGradients = NONE;
  private int home = NONE;

  /** Up to which step gradients that came were asked for. */
  private int addedBefore;

  RingProgress(RingSchedule schedule, Shipping shipping, boolean backward, int rank) {
    this.schedule = schedule;
    this.shipping = shipping;
    this.backward = backward;
    this.rank = rank;
    this.ranks = schedule.ranks();
    this.reach = backward ? schedule.reach(rank) : 0;
  }

  @Override
  public boolean isBlocked(int step) {
    boolean last = step == ranks + 1;
    return isComing(arrivingGradients)
        || isLeaving(leavingGradients[step % 2])
        || (last && (isLeaving(leavingGradients[1 - step % 2]) || isComing(home)))
        || ((step < ranks || last || !backward)
            && (isComing(arrivingKeys) || isLeaving(leavingKeys)));
  }

  @Override
  public long rowsToAdd(int step) {
    if (!backward || addedBefore == step) {
      return 0;
    }
    addedBefore = step;
    if (step == ranks + 1) {
      return home == NONE ? 0 : homeward().rows().rows();
    }
    return incoming(step - 1).rows().rows();
  }

  @Override
  public void begin(int step) {
    if (backward) {
      beginGradients(step);
    }
    if (step + 1 < ranks) {
      arrivingKeys = NONE;
      leavingKeys = NONE;
      if (!schedule.keysFrom(rank, step + 1).isEmpty()) {
        leavingKeys = shipping.keys(schedule.next(rank), step + 1);
        shipping.sends(leavingKeys);
      }
      if (!schedule.keysTo(rank, step + 1).isEmpty()) {
        arrivingKeys = shipping.keys(rank, step + 1);
        shipping.receives(arrivingKeys);
      }
    }
  }

  @Override
  public void computed(int step) {}

  private void beginGradients(int step) {
    int before = step - 1;
    if (before > 0 && before < ranks && !schedule.gradientsFrom(rank, before).isEmpty()) {
      leavingGradients[before % 2] = shipping.gradients(rank, before);
      shipping.sends(leavingGradients[before % 2]);
    }
    // What comes home from the previous rank comes behind all else from there.
    if (reach > 0 && step == (reach == ranks - 1 ? ranks : 0)) {
      home = shipping.gradients(schedule.user(rank, reach), reach);
      shipping.receives(home);
    }
    arrivingGradients = NONE;
    if (!incoming(step).isEmpty()) {
      arrivingGradients = shipping.gradients(schedule.previous(rank), step - 1);
      shipping.receives(arrivingGradients);
    }
  }

  private Shipment homeward() {
    return schedule.gradientsFrom(schedule.user(rank, reach), reach);
  }

  /** What the rank before sends on for the block of a step; what it sends home is not that. */
  private Shipment incoming(int step) {
    if (step > 1 && step < ranks) {
      Shipment sent = schedule.gradientsFrom(schedule.previous(rank), step - 1);
      if (sent.to() == rank) {
        return sent;
      }
    }
    return new Shipment(rank, rank, rank, RowRanges.NONE);
  }

  private boolean isComing(int shipment) {
    return shipment != NONE && !shipping.hasArrived(shipment);
  }

  private boolean isLeaving(int shipment) {
    return shipment != NONE && !shipping.hasLeft(shipment);
  }
}
