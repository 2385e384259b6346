package dev.annulus.link.aeron;

import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.frame.FramedTransfer;
import dev.annulus.link.frame.IncomingFrames;
import dev.annulus.link.frame.Verdict;
import io.aeron.Image;
import io.aeron.logbuffer.ControlledFragmentHandler;
import io.aeron.logbuffer.Header;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.agrona.DirectBuffer;

/**
 * What one rank receives from one peer over one stream: frames are copied straight into the memory
 * of the message that is awaited. Frames of a message that nobody awaits yet stay in the stream,
 * which in the end holds up the sender.
 */
final class Inbound implements ControlledFragmentHandler {
  /** Frames that were sent just before a peer closed may still be on their way. */
  private static final long LAST_FRAMES_NS = TimeUnit.SECONDS.toNanos(1);

  private final AeronStream stream;
  private final IncomingFrames frames;
  private final BooleanSupplier senderDied;
  private volatile Image image;
  private int framesPerPoll;
  private long goneSinceNs;

  /**
   * @param senderDied whether the process of the peer is known to be dead, however its stream looks
   */
  Inbound(AeronStream stream, IncomingFrames frames, BooleanSupplier senderDied) {
    this.stream = stream;
    this.frames = frames;
    this.senderDied = senderDied;
  }

  void add(FramedTransfer transfer) {
    frames.add(transfer);
  }

  boolean isWaiting() {
    return frames.isWaiting();
  }

  /** Whether a frame is of this peer: AWAITED, or why not. */
  Verdict recognise(MemorySegment frame) {
    return frames.recognise(frame);
  }

  boolean isBound() {
    return image != null;
  }

  /** From now on the peer's stream. */
  void bind(Image peerImage) {
    framesPerPoll = Math.max(1, Outbound.BYTES_PER_POLL / peerImage.mtuLength());
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
    if (!frames.isWaiting()) {
      return 0;
    }
    int polled = image == null ? 0 : image.controlledPoll(this, framesPerPoll);
    if (polled == 0 && (hasEnded() || isOver(senderGone))) {
      failAll(Reason.PEER_GONE, "the peer has closed its link or died", null);
    }
    return polled;
  }

  @Override
  public Action onFragment(DirectBuffer buffer, int offset, int length, Header header) {
    MemorySegment frame = AeronMemory.segment(buffer, offset, length);
    return switch (frames.judge(frame)) {
      case EARLY -> Action.ABORT;
      case AWAITED -> take(frame);
      case GAP, OTHER_MESSAGE, OUT_OF_PLACE -> Action.BREAK;
      default -> Action.CONTINUE;
    };
  }

  void failAll(Reason reason, String detail, Throwable cause) {
    frames.failAll(reason, detail, cause);
  }

  private Action take(MemorySegment frame) {
    FramedTransfer finished;
    try {
      finished = frames.deliver(frame);
    } catch (IllegalStateException e) {
      failAll(Reason.TRANSPORT, "the memory to receive into was freed", e);
      return Action.BREAK;
    }
    if (finished != null) {
      stream.partReceived(finished);
    }
    return Action.CONTINUE;
  }

  /** Whether the peer is gone without an end of its stream, and has been for a while. */
  private boolean isOver(boolean senderGone) {
    if (!senderDied.getAsBoolean() && (image != null || !senderGone)) {
      return false;
    }
    long now = System.nanoTime();
    goneSinceNs = goneSinceNs == 0 ? now : goneSinceNs;
    return now - goneSinceNs > LAST_FRAMES_NS;
  }
}
