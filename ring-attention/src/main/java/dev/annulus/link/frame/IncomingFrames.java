package dev.annulus.link.frame;

import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.Links;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The frames that one stream receives at one rank from one peer: each is judged by the message that
 * is awaited, and its payload goes straight to that message's memory. {@link #add} and {@link
 * #isWaiting} are for any thread, all else for the stream's own.
 */
public final class IncomingFrames {
  private final Route route;
  private final Stripes stripes;
  private final FrameSeal seal;
  private final Refusals refusals;
  private final ConcurrentLinkedQueue<FramedTransfer> queue = new ConcurrentLinkedQueue<>();

  /** Bytes of the first message's part that have arrived. */
  private long received;

  private long nextFrame;

  /**
   * @param route of the peer's frames: from the peer, to this rank
   * @param refusals where refused and wrong frames are counted
   */
  public IncomingFrames(Route route, Stripes stripes, FrameSeal seal, Refusals refusals) {
    this.route = route;
    this.stripes = stripes;
    this.seal = seal;
    this.refusals = refusals;
  }

  /** A message that this stream carries a part of. */
  public void add(FramedTransfer transfer) {
    queue.add(transfer);
  }

  /** Whether something is awaited. */
  public boolean isWaiting() {
    return !queue.isEmpty();
  }

  /** The message that is awaited first; null if none is. */
  public FramedTransfer head() {
    return queue.peek();
  }

  /** Bytes of a frame that are not its payload's. */
  public int overheadBytes() {
    return seal.overheadBytes();
  }

  /** Whether payloads may be received where they belong before their checksum is asked. */
  public boolean leavesPayloads() {
    return seal.leavesPayloads();
  }

  /** Whether a whole frame, of whatever message, is this stream's: AWAITED, or why not. */
  public Verdict recognise(MemorySegment frame) {
    Verdict verdict = Frame.examine(frame, route, seal);
    boolean anothers = verdict == Verdict.AWAITED && Frame.from(frame) != route.from();
    return anothers ? Verdict.MISDIRECTED : verdict;
  }

  /** As {@link #recognise} for the frame that opens a connection. */
  public Verdict recogniseOpening(MemorySegment frame) {
    Verdict verdict = recognise(frame);
    boolean opens =
        Frame.number(frame) == Frame.OPENING && Frame.isOf(frame, Greeting.tag(route.from()));
    return verdict == Verdict.AWAITED && !opens ? Verdict.MISDIRECTED : verdict;
  }

  /**
   * What a whole frame is to this stream now. A refused one is counted; a wrong one is counted and
   * ends everything that is awaited, with an error that says what came.
   */
  public Verdict judge(MemorySegment frame) {
    if (queue.isEmpty()) {
      return Verdict.EARLY;
    }
    return settle(Frame.examine(frame, route, seal), frame);
  }

  /**
   * As {@link #judge} for a header whose payload is still to come; {@link #finish} then asks for
   * the checksum.
   */
  public Verdict judgeHeader(MemorySegment header) {
    if (queue.isEmpty()) {
      return Verdict.EARLY;
    }
    return settle(Frame.examineHeader(header, route), header);
  }

  /** Where the payload of an awaited frame belongs. */
  public MemorySegment target(int payload) {
    FramedTransfer head = queue.element();
    return head.bytes().asSlice(begin(head) + received, payload);
  }

  /**
   * Copies the payload of the frame that was judged last, and is awaited, to its target; gives what
   * {@link #take} gives.
   */
  public FramedTransfer deliver(MemorySegment frame) {
    int payload = Frame.payloadBytes(frame);
    seal.copyPayload(frame, target(payload));
    return take(payload);
  }

  /**
   * The payload of an awaited frame lies in its target. Gives the message whose part was completed
   * by it, taken off the queue, and null if more is to come.
   */
  public FramedTransfer take(int payload) {
    FramedTransfer head = queue.element();
    received += payload;
    nextFrame++;
    if (received < end(head) - begin(head)) {
      return null;
    }
    received = 0;
    return queue.remove();
  }

  /** As {@link #take} where the checksum was not asked before: a damaged frame ends everything. */
  public FramedTransfer finish(MemorySegment header) {
    int payload = Frame.payloadBytes(header);
    if (Frame.isSealed(header, target(payload))) {
      return take(payload);
    }
    refusals.count(Verdict.DAMAGED);
    failAll(Reason.PROTOCOL, "frame " + nextFrame + " was damaged on its way", null);
    return null;
  }

  /** Ends everything that is awaited. */
  public void failAll(Reason reason, String detail, Throwable cause) {
    for (FramedTransfer next = queue.poll(); next != null; next = queue.poll()) {
      next.fail(reason, detail, cause);
    }
  }

  private Verdict settle(Verdict examined, MemorySegment header) {
    Verdict verdict = examined == Verdict.AWAITED ? place(header) : examined;
    if (verdict.isRefused()) {
      refusals.count(verdict);
    } else if (verdict.isWrong()) {
      refusals.count(verdict);
      failAll(Reason.PROTOCOL, difference(verdict, header), null);
    }
    return verdict;
  }

  /** How a good header fits what is awaited. */
  private Verdict place(MemorySegment header) {
    if (Frame.from(header) != route.from()) {
      return Verdict.MISDIRECTED;
    }
    if (Frame.number(header) != nextFrame) {
      return Frame.number(header) < nextFrame ? Verdict.DUPLICATE : Verdict.GAP;
    }
    FramedTransfer head = queue.element();
    if (!Frame.isOf(header, head.tag()) || Frame.messageBytes(header) != head.bytes().byteSize()) {
      return Verdict.OTHER_MESSAGE;
    }
    long expected = begin(head) + received;
    long left = end(head) - expected;
    int payload = Frame.payloadBytes(header);
    boolean fits = payload <= left && (payload > 0 || left == 0);
    return Frame.offset(header) == expected && fits ? Verdict.AWAITED : Verdict.OUT_OF_PLACE;
  }

  private String difference(Verdict verdict, MemorySegment header) {
    FramedTransfer head = queue.element();
    long bytes = head.bytes().byteSize();
    return switch (verdict) {
      case GAP ->
          "frame %d is missing or was damaged, %s".formatted(nextFrame, refusals.describe());
      case OTHER_MESSAGE ->
          Links.mismatch(head.tag(), bytes, Frame.tag(header), Frame.messageBytes(header));
      default ->
          "awaited byte %d of %d, got %d bytes from byte %d"
              .formatted(
                  begin(head) + received, bytes, Frame.payloadBytes(header), Frame.offset(header));
    };
  }

  private long begin(FramedTransfer head) {
    return stripes.begin(head.bytes().byteSize(), route.stream());
  }

  private long end(FramedTransfer head) {
    return stripes.end(head.bytes().byteSize(), route.stream());
  }
}
