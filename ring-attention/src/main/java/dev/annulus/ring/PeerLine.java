package dev.annulus.ring;

import dev.annulus.device.DevicePoint;
import dev.annulus.device.PeerAccess;
import dev.annulus.link.Link;
import dev.annulus.link.LinkException;
import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.MessageTag;
import dev.annulus.link.Transfer;
import dev.annulus.ring.PeerNotice.Subject;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * What passes between this rank and one peer whose memory it copies from. The sender of rows says
 * when they are written; the receiver then queues its copies, and says when these are done.
 *
 * <p>When a copy is done is known to its device only, so notices of both kinds come in an order
 * that nobody can foretell. Hence all have one form: the next one is received as long as one is
 * still to come, and then looked at. Not more than are to come, so that whatever follows them on
 * the link finds its own receiver.
 */
final class PeerLine {
  private final Link link;
  private final PeerAccess access;
  private final int peer;
  private final MemorySegment incoming;
  private final Arena arena;
  private final ArrayDeque<PeerSending> unsaid = new ArrayDeque<>();
  private final List<PeerSending> untaken = new ArrayList<>();
  private final ArrayDeque<PeerReceiving> unready = new ArrayDeque<>();
  private final ArrayDeque<PeerReceiving> copying = new ArrayDeque<>();
  private final ArrayDeque<PeerNotice> early = new ArrayDeque<>();
  private final ArrayDeque<MemorySegment> spare = new ArrayDeque<>();
  private final ArrayDeque<Said> said = new ArrayDeque<>();
  private Transfer next;
  private long noticesSent = 1; // the greeting
  private long noticesReceived = 1;
  private long shipmentsSent;
  private long shipmentsReceived;
  private long step;

  /** A notice on its way out. */
  private record Said(Transfer transfer, MemorySegment memory) {}

  PeerLine(Link link, PeerAccess access, Arena arena, int peer) {
    this.link = link;
    this.access = access;
    this.arena = arena;
    this.peer = peer;
    this.incoming = arena.allocate(PeerNotice.BYTES);
  }

  /**
   * Starts to hand out rows of shared memory, which stay as they are until it is over.
   *
   * @param written after which they are there
   */
  Pending send(
      long atStep, RingMessages.Content content, Shipment rows, Block block, DevicePoint written) {
    step = atStep;
    ShownMemory shown = block.shown();
    PeerNotice ready =
        new PeerNotice(
            Subject.READY,
            content,
            shipmentsSent++,
            rows.owner(),
            rows.rows().rows(),
            block.rowBytes(),
            shown.handle(access),
            0,
            shown.valuesAt());
    PeerSending sending = new PeerSending(this, ready, written);
    unsaid.add(sending);
    untaken.add(sending);
    progress();
    return sending;
  }

  /**
   * Starts to fetch rows; once it is over, the device's next operations find them.
   *
   * @param free after which nothing uses those rows of the block
   */
  Pending receive(
      long atStep, RingMessages.Content content, Shipment rows, Block block, DevicePoint free) {
    step = atStep;
    PeerReceiving receiving =
        new PeerReceiving(this, content, shipmentsReceived++, rows, block, free);
    unready.add(receiving);
    progress();
    return receiving;
  }

  int peer() {
    return peer;
  }

  /** Whether nothing is under way, notices included. */
  boolean isIdle() {
    return untaken.isEmpty() && unready.isEmpty() && copying.isEmpty() && said.isEmpty();
  }

  /** Does what can be done now. */
  void progress() {
    while (!unsaid.isEmpty() && unsaid.peek().isWritten()) {
      say(unsaid.remove().ready());
    }
    while (!copying.isEmpty() && copying.peek().isCopied()) {
      say(copying.remove().ready().taken());
    }
    while (!unready.isEmpty() && !early.isEmpty()) {
      copy(unready.remove(), early.remove());
    }
    while (isAwaited()) {
      hear();
    }
    while (!said.isEmpty() && said.peek().transfer().isDone()) {
      Said done = said.remove();
      done.transfer().await(); // does not wait; says if it failed
      spare.add(done.memory());
    }
  }

  /** Whether a notice is there. */
  private boolean isAwaited() {
    if (next == null && !(untaken.isEmpty() && unready.isEmpty())) {
      next = link.receive(peer, tag(peer, noticesReceived++), incoming);
    }
    return next != null && next.isDone();
  }

  private void hear() {
    next.await(); // does not wait; says if it failed
    next = null;
    PeerNotice notice = PeerNotice.read(incoming);
    if (notice.subject() == Subject.TAKEN) {
      taken(notice);
    } else if (unready.isEmpty()) {
      early.add(notice);
    } else {
      copy(unready.remove(), notice);
    }
  }

  private void taken(PeerNotice notice) {
    for (Iterator<PeerSending> all = untaken.iterator(); all.hasNext(); ) {
      PeerSending sending = all.next();
      if (sending.ready().number() == notice.number()) {
        sending.taken();
        all.remove();
        return;
      }
    }
    throw failure(Reason.PROTOCOL, "the peer took what was not sent: " + notice.describe());
  }

  private void copy(PeerReceiving receiving, PeerNotice ready) {
    if (!receiving.isOf(ready)) {
      throw failure(
          Reason.PROTOCOL,
          "awaited " + receiving.describe() + ", the sender sent " + ready.describe());
    }
    if (!receiving.copy(ready, access)) {
      throw failure(Reason.PEER_GONE, "the peer has freed the memory of " + ready.describe());
    }
    copying.add(receiving);
  }

  private void say(PeerNotice notice) {
    MemorySegment memory = spare.isEmpty() ? arena.allocate(PeerNotice.BYTES) : spare.remove();
    notice.write(memory);
    said.add(new Said(link.send(peer, tag(link.rank(), noticesSent++), memory), memory));
  }

  /** Waits for something to happen, at most so long; for the peer no longer than the deadline. */
  void await(long atMostNs) {
    if (next != null) {
      next.await(atMostNs);
    } else if (!said.isEmpty() && unsaid.isEmpty() && copying.isEmpty()) {
      said.peek().transfer().await(atMostNs);
    } else {
      LockSupport.parkNanos(this, atMostNs); // for the own device
    }
  }

  private MessageTag tag(int sender, long sequence) {
    return new MessageTag(MessageTag.Kind.NOTICE, step, sequence, sender);
  }

  private LinkException failure(Reason reason, String detail) {
    return new LinkException(reason, link.rank(), peer, tag(peer, noticesReceived - 1), detail);
  }
}
