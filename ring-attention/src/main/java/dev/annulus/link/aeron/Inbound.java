package dev.annulus.link.aeron;

import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.Links;
import io.aeron.Image;
import io.aeron.logbuffer.ControlledFragmentHandler;
import io.aeron.logbuffer.Header;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;

/**
 * What one rank receives from one peer: frames are copied straight into the memory of the message
 * that is awaited. Frames of a message that nobody awaits yet stay in the stream, which in the end
 * holds up the sender.
 */
final class Inbound implements ControlledFragmentHandler {
  private static final int FRAMES_PER_POLL = 32;

  /** Frames that were sent just before a peer closed may still be on their way. */
  private static final long LAST_FRAMES_NS = TimeUnit.SECONDS.toNanos(1);

  private final AeronLink link;
  private final int peer;

  /** Added to by the worker, taken from by the agent. */
  private final ConcurrentLinkedQueue<AeronTransfer> queue = new ConcurrentLinkedQueue<>();

  private volatile Image image;

  /** Bytes of the first message of the queue that have arrived. */
  private long received;

  private long nextFrame;
  private long goneSinceNs;

  Inbound(AeronLink link, int peer) {
    this.link = link;
    this.peer = peer;
  }

  void add(AeronTransfer transfer) {
    queue.add(transfer);
  }

  boolean isWaiting() {
    return !queue.isEmpty();
  }

  boolean isBound() {
    return image != null;
  }

  /** From now on the peer's stream. */
  void bind(Image peerImage) {
    image = peerImage;
  }

  /** Whether the peer's stream has ended and all of it was read. */
  boolean hasEnded() {
    return image != null && (image.isClosed() || image.isEndOfStream());
  }

  /**
   * Receives what there is of what is awaited; gives the number of frames.
   *
   * @param senderGone the peer no longer takes what is sent to it
   */
  int poll(boolean senderGone) {
    if (queue.isEmpty()) {
      return 0;
    }
    int frames = image == null ? 0 : image.controlledPoll(this, FRAMES_PER_POLL);
    if (frames == 0 && (hasEnded() || neverCame(senderGone))) {
      failAll(Reason.PEER_GONE, "the peer has closed its link or died", null);
    }
    return frames;
  }

  @Override
  public Action onFragment(DirectBuffer buffer, int offset, int length, Header header) {
    AeronTransfer head = queue.peek();
    if (head == null) {
      return Action.ABORT;
    }
    MemorySegment frame = AeronMemory.segment(buffer, offset, length);
    if (!link.accepts(frame) || Frame.from(frame) != peer || Frame.number(frame) < nextFrame) {
      link.countRefused();
      return Action.CONTINUE;
    }
    if (Frame.number(frame) > nextFrame) {
      return refuseAll(
          "frame %d is missing or was damaged, %d frames were refused"
              .formatted(nextFrame, link.refused()));
    }
    MemorySegment bytes = head.bytes();
    if (!Frame.isOf(frame, head.tag()) || Frame.messageBytes(frame) != bytes.byteSize()) {
      return refuseAll(
          Links.mismatch(
              head.tag(), bytes.byteSize(), Frame.tag(frame), Frame.messageBytes(frame)));
    }
    int payload = Frame.payloadBytes(frame);
    if (Frame.offset(frame) != received || payload > bytes.byteSize() - received) {
      return refuseAll(
          "awaited byte %d of %d, got %d bytes from byte %d"
              .formatted(received, bytes.byteSize(), payload, Frame.offset(frame)));
    }
    return take(head, frame, payload);
  }

  void failAll(Reason reason, String detail, Throwable cause) {
    for (AeronTransfer next = queue.poll(); next != null; next = queue.poll()) {
      next.fail(reason, detail, cause);
    }
  }

  private Action take(AeronTransfer head, MemorySegment frame, int payload) {
    MemorySegment bytes = head.bytes();
    try {
      MemorySegment.copy(frame, Frame.HEADER_BYTES, bytes, received, payload);
    } catch (IllegalStateException e) {
      failAll(Reason.TRANSPORT, "the memory to receive into was freed", e);
      return Action.BREAK;
    }
    received += payload;
    nextFrame++;
    if (received == bytes.byteSize()) {
      received = 0;
      queue.remove();
      link.countReceived(bytes.byteSize());
      head.complete();
    }
    return Action.CONTINUE;
  }

  private Action refuseAll(String detail) {
    link.countRefused();
    failAll(Reason.PROTOCOL, detail, null);
    return Action.BREAK;
  }

  private boolean neverCame(boolean senderGone) {
    if (image != null || !senderGone) {
      return false;
    }
    long now = System.nanoTime();
    goneSinceNs = goneSinceNs == 0 ? now : goneSinceNs;
    return now - goneSinceNs > LAST_FRAMES_NS;
  }
}
