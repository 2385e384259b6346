package dev.annulus.ring;

import dev.annulus.link.Link;
import dev.annulus.link.MessageTag;
import dev.annulus.link.MessageTag.Kind;
import dev.annulus.link.Transfer;
import dev.annulus.ring.RingBuffers.Block;

/**
 * The transfers of one rank in one forward or backward pass: which blocks leave and arrive at each
 * step, as the schedule says. A block is two messages, and lies in host memory, which is what a
 * link moves.
 *
 * <p>Both ends of a pair must name messages in one order. From a rank to the next that order is, by
 * the sender's steps: keys and values of step s when it begins, gradients of step s when it ends;
 * so the receiver names, at the beginning of its step s, the gradients of step s - 1, then the keys
 * and values of step s. No wait is ever for something that a peer names at a later step, so a link
 * need not buffer anything.
 */
final class RingPass {
  private final RingSchedule schedule;
  private final RingBuffers buffers;
  private final Link ring;
  private final int rank;
  private final long step;
  private final long firstExchange;
  private long waitNs;
  private long bytesSent;
  private int hops;

  /**
   * @param step the optimiser step, for errors that name it
   * @param firstExchange number of exchanges before this pass; each of its steps counts as one
   */
  RingPass(RingSchedule schedule, RingBuffers buffers, Link ring, long step, long firstExchange) {
    this.schedule = schedule;
    this.buffers = buffers;
    this.ring = ring;
    this.rank = ring.rank();
    this.step = step;
    this.firstExchange = firstExchange;
  }

  /** A block under way; without transfers there is nothing to wait for. */
  final class Pending {
    private final Transfer[] transfers;

    private Pending(Transfer... transfers) {
      this.transfers = transfers;
    }

    /** Waits until the block has left or arrived. */
    void await() {
      for (Transfer transfer : transfers) {
        waitNs += transfer.await();
      }
    }
  }

  /** Nothing under way. */
  Pending nothing() {
    return new Pending();
  }

  /** Starts to send the keys and values held at step {@code s} to the next rank. */
  Pending passOn(int s, Block held) {
    return passesOn(rank, s)
        ? send(schedule.next(rank), s, schedule.owner(rank, s), Kind.KEYS, Kind.VALUES, held)
        : nothing();
  }

  /** Starts to receive the keys and values that are held at step {@code s + 1}. */
  Pending takeNext(int s) {
    if (!holds(rank, s + 1)) {
      return nothing();
    }
    int owner = schedule.owner(rank, s + 1);
    return receive(schedule.previous(rank), s, owner, Kind.KEYS, Kind.VALUES, held(s + 1));
  }

  /** The received keys and values of step {@code s}; null if none are needed. */
  Block held(int s) {
    return holds(rank, s) ? buffers.keyValues(s, tokens(schedule.owner(rank, s))) : null;
  }

  /** Where the gradients of the block held at step {@code s} are added up; null if not here. */
  Block share(int s) {
    return carriesGradients(rank, s) ? buffers.leaving(s, tokens(schedule.owner(rank, s))) : null;
  }

  /** Starts to receive what ranks before this one found for the block held at step {@code s}. */
  Pending takeGradients(int s) {
    return receivesGradients(rank, s)
        ? receiveGradients(schedule.previous(rank), s - 1, schedule.owner(rank, s), arriving(s))
        : nothing();
  }

  /** What {@link #takeGradients} receives; null if nothing. */
  Block arriving(int s) {
    return receivesGradients(rank, s) ? buffers.arriving(tokens(schedule.owner(rank, s))) : null;
  }

  /** Starts to send the gradients of the block held at step {@code s} on, or home. */
  Pending sendGradients(int s, Block share) {
    int peer = schedule.gradientsFrom(rank, s).to();
    int owner = schedule.owner(rank, s);
    return send(peer, s, owner, Kind.KEY_GRADIENTS, Kind.VALUE_GRADIENTS, share);
  }

  /**
   * Starts to receive the gradients of this rank's own block. They come from the last rank that
   * uses it. If that is the previous rank they come behind everything else from there, else they
   * are all that comes from there.
   */
  Pending takeHome() {
    return schedule.reach(rank) > 0
        ? receiveGradients(lastUser(), schedule.reach(rank), rank, home())
        : nothing();
  }

  /** What {@link #takeHome} receives; null if nothing. */
  Block home() {
    return schedule.reach(rank) > 0 ? buffers.home(tokens(rank)) : null;
  }

  private boolean holds(int r, int s) {
    return s == 0 || (s < schedule.ranks() && !schedule.keysTo(r, s).isEmpty());
  }

  private boolean passesOn(int r, int s) {
    return holds(r, s) && holds(schedule.next(r), s + 1);
  }

  private boolean carriesGradients(int r, int s) {
    return s > 0 && !schedule.gradientsFrom(r, s).isEmpty();
  }

  private boolean receivesGradients(int r, int s) {
    return s > 1 && carriesGradients(r, s) && carriesGradients(schedule.previous(r), s - 1);
  }

  int lastUser() {
    return schedule.user(rank, schedule.reach(rank));
  }

  long waitNs() {
    return waitNs;
  }

  long bytesSent() {
    return bytesSent;
  }

  int hops() {
    return hops;
  }

  private int tokens(int owner) {
    return schedule.layout().tokensOf(owner);
  }

  private Pending send(int peer, int senderStep, int owner, Kind first, Kind second, Block block) {
    hops++;
    bytesSent += block.k().bytes() + block.v().bytes();
    return new Pending(
        ring.send(peer, tag(first, senderStep, owner), block.k().memory()),
        ring.send(peer, tag(second, senderStep, owner), block.v().memory()));
  }

  private Pending receiveGradients(int peer, int senderStep, int owner, Block block) {
    return receive(peer, senderStep, owner, Kind.KEY_GRADIENTS, Kind.VALUE_GRADIENTS, block);
  }

  private Pending receive(
      int peer, int senderStep, int owner, Kind first, Kind second, Block block) {
    return new Pending(
        ring.receive(peer, tag(first, senderStep, owner), block.k().memory()),
        ring.receive(peer, tag(second, senderStep, owner), block.v().memory()));
  }

  private MessageTag tag(Kind kind, int senderStep, int owner) {
    return new MessageTag(kind, step, firstExchange + senderStep, owner);
  }
}
