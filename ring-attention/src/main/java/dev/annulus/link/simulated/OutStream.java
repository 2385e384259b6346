package dev.annulus.link.simulated;

import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.frame.ChecksumSeal;
import dev.annulus.link.frame.Frame;
import dev.annulus.link.frame.FramedTransfer;
import dev.annulus.link.frame.OutgoingFrames;
import dev.annulus.link.simulated.EventLog.Event;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * The sender's end of a reliable stream: puts frames into it as far as its window allows, keeps
 * them until they have arrived, sends again what was asked for or not confirmed, and gives up after
 * so many attempts without an answer.
 */
final class OutStream {
  private final SimulatedLink link;
  private final SimulatedNetwork network;
  private final int peer;
  private final OutgoingFrames frames;
  private final Intruders intruders;

  /** In the stream and not confirmed: those from position {@code arrived} on. */
  private final ArrayDeque<Datagram> unconfirmed = new ArrayDeque<>();

  /** Messages that lie in the stream whole and are not taken whole. */
  private final ArrayDeque<Sent> sent = new ArrayDeque<>();

  private long next;
  private long arrived;
  private long taken;
  private boolean ending;
  private boolean gone;
  private boolean timerRuns;
  private int attempts;

  /**
   * @param end the position behind its last frame
   */
  private record Sent(FramedTransfer transfer, long end) {}

  OutStream(SimulatedLink link, SimulatedNetwork network, int peer) {
    this.link = link;
    this.network = network;
    this.peer = peer;
    this.frames =
        new OutgoingFrames(
            network.route(link.rank(), peer), SimulatedNetwork.ONE_STREAM, ChecksumSeal.INSTANCE);
    this.intruders = new Intruders(network, link.rank(), peer);
  }

  void add(FramedTransfer transfer) {
    if (gone) {
      transfer.fail(Reason.PEER_GONE, "the peer has closed its link or died", null);
      return;
    }
    frames.add(transfer);
    pump();
  }

  /** Ends the stream behind what lies in it; that still reaches the peer. */
  void close() {
    failNamed(Reason.CANCELLED, "this link was closed");
    if (!gone) {
      ending = true;
      put(new Datagram.End(next));
    }
  }

  void onStatus(Datagram.Status status) {
    if (gone) {
      return;
    }
    attempts = 0;
    for (; arrived < status.position(); arrived++) {
      unconfirmed.remove();
    }
    finishTaken(status.taken());
    pump();
    if (status.asks()) {
      tell(unconfirmed.isEmpty() ? new Datagram.Alive(next) : unconfirmed.peek());
    }
  }

  void onNak(long position) {
    attempts = 0;
    if (position == arrived && !unconfirmed.isEmpty()) {
      resend();
    }
  }

  /** What the peer took before it closed was sent, whether or not its word of that arrived. */
  void onClosed(long takenByPeer) {
    finishTaken(takenByPeer);
    failAll(Reason.PEER_GONE, "the peer has closed its link");
  }

  /** Nothing more is put into the stream. */
  void failAll(Reason reason, String detail) {
    gone = true;
    unconfirmed.clear();
    failNamed(reason, detail);
  }

  private void finishTaken(long takenByPeer) {
    taken = Math.max(taken, takenByPeer);
    while (!sent.isEmpty() && sent.peek().end <= taken) {
      finish(sent.remove().transfer);
    }
  }

  private void failNamed(Reason reason, String detail) {
    while (!sent.isEmpty()) {
      sent.remove().transfer.fail(reason, detail, null);
    }
    frames.failAll(reason, detail, null);
  }

  private void pump() {
    while (!gone && frames.isWaiting() && next < taken + network.streams().windowFrames()) {
      MemorySegment stranger = intruders.before(frames);
      if (stranger != null) {
        put(new Datagram.Data(next, stranger));
      } else {
        putNextFrame();
      }
    }
    startTimer();
  }

  private void putNextFrame() {
    int payload = frames.nextPayload(network.streams().payloadBytes());
    MemorySegment frame = MemorySegment.ofArray(new byte[Frame.HEADER_BYTES + payload]);
    frames.write(frame, payload);
    put(new Datagram.Data(next, intruders.onItsWay(frame)));
    FramedTransfer whole = frames.advance(payload);
    if (whole != null && network.streams().buffered()) {
      finish(whole);
    } else if (whole != null) {
      sent.add(new Sent(whole, next));
    }
  }

  private void put(Datagram datagram) {
    unconfirmed.add(datagram);
    next++;
    tell(datagram);
    startTimer();
  }

  private void finish(FramedTransfer transfer) {
    link.transferCounters().countSent(transfer.tag(), transfer.bytes().byteSize());
    transfer.completePart();
  }

  private void resend() {
    network.log().note(Event.RESENT, link.rank(), peer, arrived);
    tell(unconfirmed.peek());
  }

  private void startTimer() {
    if (!timerRuns && isWaiting()) {
      timerRuns = true;
      network.hosts().after(link.rank(), network.streams().resendNs(), this::onTimer);
    }
  }

  private boolean isWaiting() {
    return !gone && !(unconfirmed.isEmpty() && sent.isEmpty() && !frames.isWaiting());
  }

  private void onTimer() {
    timerRuns = false;
    if (!isWaiting()) {
      return;
    }
    attempts++;
    if (attempts > network.streams().attempts()) {
      giveUp();
    } else if (unconfirmed.isEmpty()) {
      network.log().note(Event.ASKED, link.rank(), peer, next);
      tell(new Datagram.Probe(next));
    } else {
      resend();
    }
    startTimer();
  }

  private void giveUp() {
    if (ending) {
      // The link is closed: nobody waits for anything here.
      gone = true;
      unconfirmed.clear();
    } else {
      link.peerGone(peer, "the peer has not answered " + (attempts - 1) + " times");
    }
  }

  private void tell(Datagram datagram) {
    network.tell(link.rank(), peer, datagram);
  }
}
