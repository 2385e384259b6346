package dev.annulus.link.simulated;

import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.frame.ChecksumSeal;
import dev.annulus.link.frame.FramedTransfer;
import dev.annulus.link.frame.IncomingFrames;
import dev.annulus.link.frame.Verdict;
import dev.annulus.link.simulated.EventLog.Event;
import java.lang.foreign.MemorySegment;
import java.util.TreeMap;

/**
 * The receiver's end of a reliable stream: puts what arrives back in order, asks again for what is
 * missing, and takes frames out only for a message that is awaited. While it waits and hears
 * nothing it asks for a sign of life, and gives up after so many attempts without an answer.
 */
final class InStream {
  private final SimulatedLink link;
  private final SimulatedNetwork network;
  private final int peer;
  private final IncomingFrames frames;

  /** Arrived and not taken, by position. */
  private final TreeMap<Long, MemorySegment> waiting = new TreeMap<>();

  private long arrived;
  private long taken;
  private long end = Long.MAX_VALUE;
  private boolean closed;
  private boolean gone;

  /** The position that is missing and asked for, or will be. */
  private long watched = -1;

  private boolean timerRuns;
  private int attempts;

  InStream(SimulatedLink link, SimulatedNetwork network, int peer) {
    this.link = link;
    this.network = network;
    this.peer = peer;
    this.frames =
        new IncomingFrames(
            network.route(peer, link.rank()),
            SimulatedNetwork.ONE_STREAM,
            ChecksumSeal.INSTANCE,
            link.refusals());
  }

  void add(FramedTransfer transfer) {
    frames.add(transfer);
    if (gone) {
      failAll(Reason.PEER_GONE, "the peer has closed its link or died");
      return;
    }
    if (take()) {
      confirm(false);
    }
    startTimer();
  }

  void close() {
    closed = true;
    waiting.clear();
    failAll(Reason.CANCELLED, "this link was closed");
    tell(new Datagram.Closed(taken));
  }

  void onData(long position, MemorySegment frame) {
    if (closed) {
      tell(new Datagram.Closed(taken));
      return;
    }
    attempts = 0;
    if (position >= arrived && position < taken + network.streams().windowFrames()) {
      waiting.putIfAbsent(position, frame);
    }
    advance();
  }

  void onEnd(long position) {
    end = position;
    if (closed) {
      // Confirmed also where nobody reads, so that the sender's end comes to rest.
      arrived = position + 1;
      confirm(false);
      return;
    }
    attempts = 0;
    advance();
  }

  void onProbe() {
    if (closed) {
      tell(new Datagram.Closed(taken));
    } else {
      attempts = 0;
      confirm(false);
    }
  }

  void onAlive() {
    attempts = 0;
  }

  /** Nothing more is taken out of the stream. */
  void failAll(Reason reason, String detail) {
    gone = true;
    frames.failAll(reason, detail, null);
  }

  private void advance() {
    while (waiting.containsKey(arrived)) {
      arrived++;
    }
    if (arrived == end) {
      arrived++; // the end has a position of its own, and is confirmed like a frame
    }
    take();
    confirm(false);
    watchGap();
  }

  private void watchGap() {
    if (watched != arrived && hasGap()) {
      watched = arrived;
      askIfMissingAfter(network.streams().nakDelayNs());
    }
  }

  /**
   * What was asked for is asked for again only after the longer wait: questions that come faster
   * than answers can would fill a slow wire with answers to all of them.
   */
  private void askIfMissingAfter(long delayNs) {
    long missing = arrived;
    network.hosts().after(link.rank(), delayNs, () -> onGap(missing));
  }

  private void onGap(long missing) {
    if (closed || gone || missing != arrived) {
      return;
    }
    network.log().note(Event.ASKED, link.rank(), peer, arrived);
    tell(new Datagram.Nak(arrived));
    askIfMissingAfter(network.streams().resendNs());
  }

  /** Whether something behind what is missing has arrived. */
  private boolean hasGap() {
    return waiting.ceilingKey(arrived) != null || (end != Long.MAX_VALUE && arrived < end);
  }

  /** Takes frames for awaited messages; says whether any was. */
  private boolean take() {
    long before = taken;
    while (!gone && frames.isWaiting() && taken < arrived) {
      if (taken == end) {
        failAll(Reason.PEER_GONE, "the peer has closed its link");
        return true;
      }
      takeFrame(waiting.remove(taken++));
    }
    return taken > before;
  }

  private void takeFrame(MemorySegment frame) {
    Verdict verdict = frames.judge(frame);
    if (verdict == Verdict.AWAITED) {
      network.log().note(Event.TAKEN, peer, link.rank(), taken - 1);
      FramedTransfer whole = frames.deliver(frame);
      if (whole != null) {
        link.transferCounters().countReceived(whole.bytes().byteSize());
        whole.completePart();
      }
    } else {
      // Refused ones are only counted; a wrong one has ended what was awaited.
      network.log().note(Event.REFUSED, peer, link.rank(), taken - 1);
      gone = gone || verdict.isWrong();
    }
  }

  private void confirm(boolean asks) {
    tell(new Datagram.Status(arrived, taken, asks));
  }

  private void startTimer() {
    if (!timerRuns && isWaiting()) {
      timerRuns = true;
      network.hosts().after(link.rank(), network.streams().resendNs(), this::onTimer);
    }
  }

  private boolean isWaiting() {
    return !closed && !gone && frames.isWaiting();
  }

  private void onTimer() {
    timerRuns = false;
    if (!isWaiting()) {
      return;
    }
    attempts++;
    if (attempts > network.streams().attempts()) {
      link.peerGone(peer, "the peer has not answered " + (attempts - 1) + " times");
    } else {
      network.log().note(Event.ASKED, link.rank(), peer, arrived);
      confirm(true);
    }
    startTimer();
  }

  private void tell(Datagram datagram) {
    network.tell(link.rank(), peer, datagram);
  }
}
