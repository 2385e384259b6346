package dev.annulus.link.frame;

import dev.annulus.link.LinkException.Reason;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The frames that one stream sends from one rank to one peer: messages in the order in which they
 * were named, each cut where the transport wants it. {@link #add} and {@link #isWaiting} are for
 * any thread, all else for the stream's own.
 */
public final class OutgoingFrames {
  private final Route route;
  private final Stripes stripes;
  private final FrameSeal seal;
  private final ConcurrentLinkedQueue<FramedTransfer> queue = new ConcurrentLinkedQueue<>();

  /** Bytes of the first message's part that were cut off. */
  private long cut;

  private long nextFrame;

  public OutgoingFrames(Route route, Stripes stripes, FrameSeal seal) {
    this.route = route;
    this.stripes = stripes;
    this.seal = seal;
  }

  /** Bytes of a frame that are not its payload's. */
  public int overheadBytes() {
    return seal.overheadBytes();
  }

  /** A message that this stream carries a part of. */
  public void add(FramedTransfer transfer) {
    queue.add(transfer);
  }

  /** Whether there is something to send. */
  public boolean isWaiting() {
    return !queue.isEmpty();
  }

  /** The message that is being sent; null if none is. */
  public FramedTransfer head() {
    return queue.peek();
  }

  /** Bytes of the next frame's payload. */
  public int nextPayload(int largest) {
    return (int) Math.min(largest, end() - begin() - cut);
  }

  /** The next frame's payload, where the message lies. */
  public MemorySegment payload(int bytes) {
    return head().bytes().asSlice(begin() + cut, bytes);
  }

  /** Writes the next frame whole: header, what the seal makes of the payload, tag. */
  public void write(MemorySegment frame, int payload) {
    header(frame, payload);
    seal.seal(frame, payload(payload));
  }

  /** Whether frames may be sent without a copy of their payloads: as {@link #writeHeader} does. */
  public boolean leavesPayloads() {
    return seal.leavesPayloads();
  }

  /** Writes the next frame's header, with the checksum of a payload that is not copied. */
  public void writeHeader(MemorySegment header, int payload) {
    header(header, payload);
    Frame.seal(header, payload(payload));
  }

  /**
   * The next frame has been written: goes on to the one behind it. Gives the message whose part was
   * finished by it, taken off the queue, and null if there is more of it. The caller says when that
   * part is complete.
   */
  public FramedTransfer advance(int payload) {
    cut += payload;
    nextFrame++;
    if (cut < end() - begin()) {
      return null;
    }
    cut = 0;
    return queue.remove();
  }

  /** Ends everything that is not sent yet. */
  public void failAll(Reason reason, String detail, Throwable cause) {
    for (FramedTransfer next = queue.poll(); next != null; next = queue.poll()) {
      next.fail(reason, detail, cause);
    }
  }

  /**
   * Writes the frame that opens a connection: it says who sends, and carries nothing of a message.
   *
   * @param frame as long as {@link #overheadBytes}
   */
  public void writeOpening(MemorySegment frame) {
    Frame.write(frame, route, Greeting.tag(route.from()), 0, 0, Frame.OPENING, 0);
    seal.seal(frame, MemorySegment.NULL);
  }

  private void header(MemorySegment frame, int payload) {
    FramedTransfer head = head();
    long messageBytes = head.bytes().byteSize();
    Frame.write(frame, route, head.tag(), messageBytes, begin() + cut, nextFrame, payload);
  }

  private long begin() {
    return stripes.begin(head().bytes().byteSize(), route.stream());
  }

  private long end() {
    return stripes.end(head().bytes().byteSize(), route.stream());
  }
}
