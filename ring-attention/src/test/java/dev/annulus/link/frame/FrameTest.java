package dev.annulus.link.frame;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.link.MessageTag;
import dev.annulus.link.MessageTag.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class FrameTest {
  private static final Route ROUTE = new Route(0x0102030405060708L, 3, 1, 2, 0);

  private static MemorySegment frame(Arena arena, MessageTag tag) {
    MemorySegment frame = arena.allocate(Frame.HEADER_BYTES + 4);
    Frame.write(frame, ROUTE, tag, 1000, 500, 7, 4);
    frame.set(ValueLayout.JAVA_INT_UNALIGNED, Frame.HEADER_BYTES, 0x5A5A5A5A);
    Frame.seal(frame);
    return frame;
  }

  /** The bytes of docs/wire-format.md. */
  @Test
  void theBytesAreThoseOfTheDescription() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment frame = frame(arena, new MessageTag(Kind.KEY_GRADIENTS, 17, 300, 2));
      assertThat(HexFormat.of().formatHex(frame.toArray(ValueLayout.JAVA_BYTE)))
          .isEqualTo(
              "414e4e4c"
                  + "0300"
                  + "0400"
                  + "0807060504030201"
                  + "03000000"
                  + "01000000"
                  + "02000000"
                  + "02000000"
                  + "1100000000000000"
                  + "2c01000000000000"
                  + "e803000000000000"
                  + "f401000000000000"
                  + "0700000000000000"
                  + "04000000"
                  + CHECKSUM
                  + "5a5a5a5a");
    }
  }

  private static final String CHECKSUM = "a0cd4fb4";

  @ParameterizedTest
  @EnumSource(Kind.class)
  void whatIsWrittenIsRead(Kind kind) {
    MessageTag tag = new MessageTag(kind, 17, 1L << 40, 2);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment frame = frame(arena, tag);
      assertThat(Frame.examine(frame, ROUTE, ChecksumSeal.INSTANCE)).isEqualTo(Verdict.AWAITED);
      refused(frame, new Route(1, 3, 1, 2, 0), Verdict.OTHER_RUN);
      refused(frame, new Route(ROUTE.runId(), 4, 1, 2, 0), Verdict.OTHER_EPOCH);
      refused(frame, new Route(ROUTE.runId(), 3, 1, 1, 0), Verdict.MISDIRECTED);
      refused(frame, new Route(ROUTE.runId(), 3, 1, 2, 1), Verdict.MISDIRECTED);
      assertThat(Frame.tag(frame)).isEqualTo(tag);
      assertThat(Frame.isOf(frame, tag)).isTrue();
      assertThat(Frame.isOf(frame, new MessageTag(kind, 18, 1L << 40, 2))).isFalse();
      assertThat(Frame.isOf(frame, new MessageTag(kind, 17, 1, 2))).isFalse();
      assertThat(Frame.isOf(frame, new MessageTag(kind, 17, 1L << 40, 3))).isFalse();
      assertThat(Frame.from(frame)).isEqualTo(1);
      assertThat(Frame.messageBytes(frame)).isEqualTo(1000);
      assertThat(Frame.offset(frame)).isEqualTo(500);
      assertThat(Frame.number(frame)).isEqualTo(7);
      assertThat(Frame.payloadBytes(frame)).isEqualTo(4);
    }
  }

  private static void refused(MemorySegment frame, Route receiver, Verdict why) {
    assertThat(Frame.examine(frame, receiver, ChecksumSeal.INSTANCE)).isEqualTo(why);
    assertThat(why.isRefused()).isTrue();
  }

  @Test
  void aPayloadMayLieElsewhere() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment whole = frame(arena, new MessageTag(Kind.VALUES, 1, 2, 3));
      MemorySegment header = arena.allocate(Frame.HEADER_BYTES);
      MemorySegment payload = whole.asSlice(Frame.HEADER_BYTES);
      Frame.write(header, ROUTE, new MessageTag(Kind.VALUES, 1, 2, 3), 1000, 500, 7, 4);
      Frame.seal(header, payload);
      assertThat(header.mismatch(whole.asSlice(0, Frame.HEADER_BYTES))).isEqualTo(-1);
      assertThat(Frame.isSealed(header, payload)).isTrue();
      assertThat(Frame.isSealed(header, payload.asSlice(1))).isFalse();
    }
  }

  @Test
  void everyFlippedBitAndEveryCutIsNoticed() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment frame = frame(arena, new MessageTag(Kind.VALUES, 1, 2, 3));
      for (long bit = 0; bit < 8 * frame.byteSize(); bit++) {
        byte before = frame.get(ValueLayout.JAVA_BYTE, bit / 8);
        frame.set(ValueLayout.JAVA_BYTE, bit / 8, (byte) (before ^ 1 << bit % 8));
        assertThat(Frame.examine(frame, ROUTE, ChecksumSeal.INSTANCE).isRefused())
            .as("bit %d", bit)
            .isTrue();
        frame.set(ValueLayout.JAVA_BYTE, bit / 8, before);
      }
      for (long length = 0; length < frame.byteSize(); length++) {
        assertThat(Frame.examine(frame.asSlice(0, length), ROUTE, ChecksumSeal.INSTANCE))
            .as("%d bytes", length)
            .isEqualTo(Verdict.DAMAGED);
      }
      assertThat(Frame.examine(frame, ROUTE, ChecksumSeal.INSTANCE)).isEqualTo(Verdict.AWAITED);
    }
  }
}
