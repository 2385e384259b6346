package dev.annulus.ring.cost;

import dev.annulus.ring.RingSchedule;
import dev.annulus.ring.Shipment;
import java.util.Arrays;

/**
 * The shipments of a pass on their way. One leaves when both ends have named it, as receivers have
 * no room for others, and when its sender's card is free; it comes in when its receiver's is.
 *
 * <p>Shipments have numbers: keys by who receives them and at which step they are needed, gradients
 * by who sends them and after which step.
 */
final class Shipping {
  private static final int SENDER_NAMED = 1;
  private static final int RECEIVER_NAMED = 2;
  private static final int BOTH_NAMED = SENDER_NAMED | RECEIVER_NAMED;
  private static final int LEFT = 4;
  private static final int ARRIVED = 8;
  private static final int NONE = -1;

  private final CostModel cost;
  private final RingSchedule schedule;
  private final PassTimeline timeline;
  private final int ranks;
  private final int[] states;

  /** By rank: the shipment that leaves, and the last one that waits behind it. */
  private final int[] leaving;

  private final int[] lastWaiting;

  /** By shipment: the one that leaves the same card next. */
  private final int[] behind;

  private final long[] inBusyNs;
  final long[] transferNs;
  final long[] bytesSent;

  Shipping(CostModel cost, RingSchedule schedule, PassTimeline timeline) {
    this.cost = cost;
    this.schedule = schedule;
    this.timeline = timeline;
    this.ranks = schedule.ranks();
    int shipments = Math.multiplyExact(2 * ranks, ranks);
    this.states = new int[shipments];
    this.behind = new int[shipments];
    this.leaving = new int[ranks];
    this.lastWaiting = new int[ranks];
    this.inBusyNs = new long[ranks];
    this.transferNs = new long[ranks];
    this.bytesSent = new long[ranks];
    Arrays.fill(leaving, NONE);
    Arrays.fill(behind, NONE);
  }

  int keys(int receiver, int step) {
    return receiver * ranks + step;
  }

  int gradients(int sender, int step) {
    return (ranks + sender) * ranks + step;
  }

  void sends(int shipment) {
    name(shipment, SENDER_NAMED);
  }

  void receives(int shipment) {
    name(shipment, RECEIVER_NAMED);
  }

  boolean hasLeft(int shipment) {
    return (states[shipment] & LEFT) != 0;
  }

  boolean hasArrived(int shipment) {
    return (states[shipment] & ARRIVED) != 0;
  }

  /** The shipment that a rank's card was busy with has left it. */
  void onLeft(int rank) {
    int shipment = leaving[rank];
    states[shipment] |= LEFT;
    timeline.at(cost.link().latencyNs(), PassTimeline.REACHES, shipment);
    leaving[rank] = behind[shipment];
    if (leaving[rank] != NONE) {
      leave(rank);
    }
  }

  /** A shipment has come through the network; gives its receiver if it is in, else -1. */
  int onReached(int shipment) {
    Shipment content = content(shipment);
    long inNs = Math.max(timeline.nowNs(), inBusyNs[content.to()] + occupiedNs(shipment, content));
    inBusyNs[content.to()] = inNs;
    if (inNs > timeline.nowNs()) {
      timeline.at(inNs - timeline.nowNs(), PassTimeline.ARRIVES, shipment);
      return NONE;
    }
    return onArrived(shipment);
  }

  /** A shipment is in; gives its receiver. */
  int onArrived(int shipment) {
    states[shipment] |= ARRIVED;
    return content(shipment).to();
  }

  private void name(int shipment, int end) {
    states[shipment] |= end;
    if ((states[shipment] & BOTH_NAMED) != BOTH_NAMED) {
      return;
    }
    int from = content(shipment).from();
    if (leaving[from] == NONE) {
      leaving[from] = shipment;
      leave(from);
    } else {
      behind[lastWaiting[from]] = shipment;
    }
    lastWaiting[from] = shipment;
  }

  private void leave(int rank) {
    int shipment = leaving[rank];
    Shipment content = content(shipment);
    long ns = occupiedNs(shipment, content);
    transferNs[rank] += ns;
    bytesSent[rank] += bytes(shipment, content);
    timeline.at(ns, PassTimeline.LEFT, rank);
  }

  private long occupiedNs(int shipment, Shipment content) {
    return cost.link().occupiedNs(bytes(shipment, content), content.messages());
  }

  private long bytes(int shipment, Shipment content) {
    boolean isKeys = shipment < ranks * ranks;
    return content.rows().rows() * (isKeys ? cost.kvRowBytes() : cost.gradientRowBytes());
  }

  private Shipment content(int shipment) {
    int rank = shipment / ranks % ranks;
    int step = shipment % ranks;
    return shipment < ranks * ranks
        ? schedule.keysTo(rank, step)
        : schedule.gradientsFrom(rank, step);
  }
}
