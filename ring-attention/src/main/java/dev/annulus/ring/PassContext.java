package dev.annulus.ring;

import dev.annulus.attention.VisibleKeys;
import dev.annulus.device.Device;

/**
 * What a pass of one rank works with.
 *
 * @param rank this rank
 * @param step the optimiser step, for errors that name it
 */
record PassContext(
    RingSchedule schedule,
    int rank,
    long step,
    Device device,
    RingBuffers buffers,
    RingMessages messages,
    RingMeter meter) {
  int ranks() {
    return schedule.ranks();
  }

  /** Whose block this rank works on at a step of the ring. */
  int owner(int ringStep) {
    return schedule.owner(rank, ringStep);
  }

  /** Whether it sees any of that block. */
  boolean seesBlock(int ringStep) {
    return schedule.sees(rank, owner(ringStep));
  }

  /** What it sees of that block. */
  VisibleKeys mask(int ringStep) {
    return schedule.mask(rank, owner(ringStep));
  }

  /** Tokens of that block. */
  int tokensOfBlock(int ringStep) {
    return schedule.layout().tokensOf(owner(ringStep));
  }

  /** What must be over before a pass begins, or null. Serves peers that copy. */
  Pending opening(int ringStep) {
    messages.progress();
    return ringStep == 0 ? messages.greeting(schedule, step) : null;
  }

  /** Brings rows that were computed into host memory, if they leave that way. */
  void mirror(Block block, Shipment out) {
    if (!messages.copies(out.to())) {
      block.toHost(out.rows(), device);
    }
  }

  /** Waits until nothing blocks a step, and counts it. */
  void await(int ringStep, Blockers blockers) {
    for (Pending next = blockers.blocker(ringStep);
        next != null;
        next = blockers.blocker(ringStep)) {
      meter.waited(ringStep, next.peer(), next.awaitNext(messages.patienceNs()));
    }
  }

  /** Says what a step has to wait for; null if nothing. */
  interface Blockers {
    Pending blocker(int ringStep);
  }
}
