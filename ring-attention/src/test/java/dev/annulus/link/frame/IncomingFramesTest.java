package dev.annulus.link.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.link.LinkException;
import dev.annulus.link.MessageTag;
import dev.annulus.link.MessageTag.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Frames of rank 0 for rank 1, handed over one by one. */
final class IncomingFramesTest {
  private static final MessageTag TAG = new MessageTag(Kind.KEYS, 5, 6, 0);
  private static final int BYTES = 1000;
  private static final int PAYLOAD = 300;

  private final Arena arena = Arena.ofShared();
  private final Refusals refusals = new Refusals();
  private final Route route = new Route(42, 1, 0, 1, 0);
  private final Stripes one = new Stripes(1);
  private final IncomingFrames incoming =
      new IncomingFrames(route, one, ChecksumSeal.INSTANCE, refusals);
  private final MemorySegment target = arena.allocate(BYTES);
  private final FramedTransfer receiving =
      new FramedTransfer(new IdleOwner(), false, 0, TAG, target, 1);

  @AfterEach
  void free() {
    arena.close();
  }

  @Test
  void framesBecomeTheMessage() {
    List<MemorySegment> frames = frames(TAG, BYTES);
    assertThat(frames).hasSize(4);
    assertThat(incoming.judge(frames.getFirst())).isEqualTo(Verdict.EARLY);
    incoming.add(receiving);
    for (MemorySegment frame : frames) {
      assertThat(deliver(frame)).isEqualTo(Verdict.AWAITED);
    }
    assertThat(receiving.isDone()).isTrue();
    assertThat(receiving.await()).isZero();
    for (int i = 0; i < BYTES; i++) {
      assertThat(target.get(ValueLayout.JAVA_BYTE, i)).isEqualTo((byte) i);
    }
    assertThat(refusals.total()).isZero();
    assertThat(incoming.isWaiting()).isFalse();
  }

  @Test
  void aDuplicateIsRefusedAndWhatFollowsIsGood() {
    incoming.add(receiving);
    List<MemorySegment> frames = frames(TAG, BYTES);
    deliver(frames.get(0));
    assertThat(incoming.judge(frames.get(0))).isEqualTo(Verdict.DUPLICATE);
    assertThat(deliver(frames.get(1))).isEqualTo(Verdict.AWAITED);
    assertThat(refusals.of(Verdict.DUPLICATE)).isEqualTo(1);
  }

  @Test
  void aMissingFrameEndsTheExchange() {
    incoming.add(receiving);
    List<MemorySegment> frames = frames(TAG, BYTES);
    deliver(frames.get(0));
    assertThat(incoming.judge(frames.get(2))).isEqualTo(Verdict.GAP);
    failsWith("frame 1 is missing or was damaged, 1 frames were refused (1 behind a missing one)");
  }

  @Test
  void anotherMessageEndsTheExchange() {
    incoming.add(receiving);
    MessageTag other = new MessageTag(Kind.VALUES, 5, 6, 0);
    assertThat(incoming.judge(frames(other, BYTES).getFirst())).isEqualTo(Verdict.OTHER_MESSAGE);
    failsWith("the sender sent values of block 0 at step 5");
  }

  @Test
  void anotherLengthEndsTheExchange() {
    incoming.add(receiving);
    assertThat(incoming.judge(frames(TAG, BYTES + 1).getFirst())).isEqualTo(Verdict.OTHER_MESSAGE);
    failsWith("1001 bytes");
  }

  @Test
  void aFrameLongerThanAgreedEndsTheExchange() {
    incoming.add(receiving);
    MemorySegment frame = arena.allocate(Frame.HEADER_BYTES + BYTES + 8);
    Frame.write(frame, route, TAG, BYTES, 0, 0, BYTES + 8);
    Frame.seal(frame);
    assertThat(incoming.judge(frame)).isEqualTo(Verdict.OUT_OF_PLACE);
    failsWith("awaited byte 0 of 1000, got 1008 bytes from byte 0");
  }

  @Test
  void aFrameThatBringsNothingEndsTheExchange() {
    incoming.add(receiving);
    MemorySegment frame = arena.allocate(Frame.HEADER_BYTES);
    Frame.write(frame, route, TAG, BYTES, 0, 0, 0);
    Frame.seal(frame);
    assertThat(incoming.judge(frame)).isEqualTo(Verdict.OUT_OF_PLACE);
  }

  @Test
  void aFrameOfAnotherSenderIsRefused() {
    incoming.add(receiving);
    MemorySegment frame = arena.allocate(Frame.HEADER_BYTES + 8);
    Frame.write(frame, new Route(42, 1, 3, 1, 0), TAG, BYTES, 0, 0, 8);
    Frame.seal(frame);
    assertThat(incoming.judge(frame)).isEqualTo(Verdict.MISDIRECTED);
    assertThat(receiving.isDone()).isFalse();
  }

  @Test
  void damageThatIsFoundBehindTheHeaderEndsTheExchange() {
    incoming.add(receiving);
    MemorySegment frame = frames(TAG, BYTES).getFirst();
    MemorySegment header = frame.asSlice(0, Frame.HEADER_BYTES);
    assertThat(incoming.judgeHeader(header)).isEqualTo(Verdict.AWAITED);
    incoming.target(PAYLOAD).fill((byte) 1);
    assertThat(incoming.finish(header)).isNull();
    failsWith("frame 0 was damaged on its way");
  }

  @Test
  void aStripeTakesItsPartAlone() {
    Stripes two = new Stripes(2);
    long bytes = 200_000;
    MemorySegment out = arena.allocate(bytes);
    MemorySegment in = arena.allocate(bytes);
    out.fill((byte) 7);
    FramedTransfer sent = new FramedTransfer(new IdleOwner(), true, 1, TAG, out, 2);
    FramedTransfer awaited = new FramedTransfer(new IdleOwner(), false, 0, TAG, in, 2);
    for (int stream : new int[] {1, 0}) {
      Route over = new Route(42, 1, 0, 1, stream);
      OutgoingFrames outgoing = new OutgoingFrames(over, two, ChecksumSeal.INSTANCE);
      IncomingFrames received = new IncomingFrames(over, two, ChecksumSeal.INSTANCE, refusals);
      outgoing.add(sent);
      received.add(awaited);
      assertThat(awaited.isDone()).isFalse();
      while (outgoing.isWaiting()) {
        MemorySegment frame = arena.allocate(Frame.HEADER_BYTES + outgoing.nextPayload(1 << 14));
        int payload = (int) frame.byteSize() - Frame.HEADER_BYTES;
        outgoing.write(frame, payload);
        assertThat(received.judge(frame)).isEqualTo(Verdict.AWAITED);
        received.target(payload).copyFrom(frame.asSlice(Frame.HEADER_BYTES));
        complete(outgoing.advance(payload));
        complete(received.take(payload));
      }
    }
    assertThat(awaited.isDone() && sent.isDone()).isTrue();
    assertThat(in.mismatch(out)).isEqualTo(-1);
  }

  private Verdict deliver(MemorySegment frame) {
    Verdict verdict = incoming.judge(frame);
    if (verdict == Verdict.AWAITED) {
      int payload = Frame.payloadBytes(frame);
      incoming.target(payload).copyFrom(frame.asSlice(Frame.HEADER_BYTES));
      complete(incoming.take(payload));
    }
    return verdict;
  }

  private static void complete(FramedTransfer finished) {
    if (finished != null) {
      finished.completePart();
    }
  }

  private void failsWith(String detail) {
    assertThat(receiving.isDone()).isTrue();
    assertThatThrownBy(receiving::await)
        .isInstanceOf(LinkException.class)
        .hasMessageContaining("rank 1, peer 0, keys of block 0 at step 5 (exchange 6)")
        .hasMessageContaining(detail);
    assertThat(incoming.isWaiting()).isFalse();
  }

  private List<MemorySegment> frames(MessageTag tag, int bytes) {
    MemorySegment message = arena.allocate(bytes);
    for (int i = 0; i < bytes; i++) {
      message.set(ValueLayout.JAVA_BYTE, i, (byte) i);
    }
    OutgoingFrames outgoing = new OutgoingFrames(route, one, ChecksumSeal.INSTANCE);
    outgoing.add(new FramedTransfer(new IdleOwner(), true, 1, tag, message, 1));
    List<MemorySegment> frames = new ArrayList<>();
    while (outgoing.isWaiting()) {
      int payload = outgoing.nextPayload(PAYLOAD);
      MemorySegment frame = arena.allocate(Frame.HEADER_BYTES + payload);
      outgoing.write(frame, payload);
      outgoing.advance(payload);
      frames.add(frame);
    }
    return frames;
  }
}
