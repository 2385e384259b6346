package dev.annulus.link.aeron;

import dev.annulus.link.LinkException.Reason;
import io.aeron.ExclusivePublication;
import io.aeron.Publication;
import io.aeron.exceptions.AeronException;
import io.aeron.logbuffer.BufferClaim;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * What one rank sends to one peer: messages are cut into frames that are written straight into the
 * peer's stream. The stream is opened with the first message, as most pairs of a large world never
 * talk.
 */
final class Outbound {
  /** Then it is the turn of other streams, and of receiving. */
  private static final int FRAMES_PER_POLL = 32;

  private final AeronLink link;
  private final Frame.Route route;
  private final String channel;
  private final int stream;

  /** Added to by the worker, taken from by the agent. */
  private final ConcurrentLinkedQueue<AeronTransfer> queue = new ConcurrentLinkedQueue<>();

  private final BufferClaim claim = new BufferClaim();
  private ExclusivePublication publication;
  private boolean goneSilent;
  private volatile boolean connected;

  /** Bytes of the first message of the queue that are sent. */
  private long sent;

  private long nextFrame;

  Outbound(AeronLink link, Frame.Route route, String channel, int stream) {
    this.link = link;
    this.route = route;
    this.channel = channel;
    this.stream = stream;
  }

  void add(AeronTransfer transfer) {
    queue.add(transfer);
  }

  boolean isWaiting() {
    return !queue.isEmpty();
  }

  boolean isConnected() {
    return connected;
  }

  String channel() {
    return channel;
  }

  /** Whether the peer took this stream once and does no more. */
  boolean isGone() {
    if (publication != null && publication.isConnected()) {
      connected = true;
    } else if (connected) {
      goneSilent = true;
    }
    return goneSilent;
  }

  /** Sends what the peer has room for; gives the number of frames. */
  int poll() {
    AeronTransfer head = queue.peek();
    int frames = 0;
    try {
      if (head != null && publication == null) {
        publication = link.publish(channel, stream);
      }
      while (head != null && frames < FRAMES_PER_POLL && sendFrame(head)) {
        frames++;
        head = queue.peek();
      }
    } catch (AeronException | IllegalStateException e) {
      // No room for its files; a closed publication; memory that was freed while it was sent.
      failAll(Reason.TRANSPORT, "cannot send over " + channel + ": " + e.getMessage(), e);
    }
    return frames;
  }

  void failAll(Reason reason, String detail, Throwable cause) {
    for (AeronTransfer next = queue.poll(); next != null; next = queue.poll()) {
      next.fail(reason, detail, cause);
    }
  }

  /** What was sent still reaches the peer, unless it is gone. */
  void close(boolean peerGone) {
    failAll(Reason.CANCELLED, "this link was closed", null);
    if (publication != null) {
      if (peerGone) {
        link.expectNothingOf(publication.registrationId());
      }
      publication.close();
    }
  }

  private boolean sendFrame(AeronTransfer head) {
    MemorySegment bytes = head.bytes();
    long left = bytes.byteSize() - sent;
    int payload = (int) Math.min(publication.maxPayloadLength() - Frame.HEADER_BYTES, left);
    long position = publication.tryClaim(Frame.HEADER_BYTES + payload, claim);
    if (position == Publication.BACK_PRESSURED
        || position == Publication.ADMIN_ACTION
        || position == Publication.NOT_CONNECTED) {
      return false;
    }
    if (position < 0) {
      throw new IllegalStateException(Publication.errorString(position));
    }
    write(head, payload);
    sent += payload;
    nextFrame++;
    if (sent == bytes.byteSize()) {
      sent = 0;
      queue.remove();
      link.countSent(head.tag(), bytes.byteSize());
      head.complete();
    }
    return true;
  }

  private void write(AeronTransfer head, int payload) {
    MemorySegment frame =
        AeronMemory.segment(claim.buffer(), claim.offset(), Frame.HEADER_BYTES + payload);
    boolean whole = false;
    try {
      Frame.write(frame, route, head.tag(), head.bytes().byteSize(), sent, nextFrame, payload);
      MemorySegment.copy(head.bytes(), sent, frame, Frame.HEADER_BYTES, payload);
      Frame.seal(frame);
      whole = true;
    } finally {
      if (whole) {
        claim.commit();
      } else {
        claim.abort();
      }
    }
  }
}
