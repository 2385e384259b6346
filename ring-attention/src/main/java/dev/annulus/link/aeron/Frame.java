package dev.annulus.link.aeron;

import dev.annulus.link.MessageTag;
import dev.annulus.link.MessageTag.Kind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * The header of a frame, in its place in memory; layout in docs/wire-format.md. All numbers are
 * little-endian.
 */
final class Frame {
  /** Of the frames and of what ranks tell each other to connect. */
  static final int VERSION = 1;

  /** Bytes before the payload. */
  static final int HEADER_BYTES = 80;

  /** "ANNL" as bytes. */
  static final int MAGIC = 0x4C4E4E41;

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int CHECKSUM_AT = 76;

  private Frame() {}

  /** Who sends to whom in which attempt of which run. */
  record Route(long runId, int epoch, int from, int to) {}

  /** Writes the header but for its checksum, which {@link #seal} adds when the payload is there. */
  static void write(
      MemorySegment frame,
      Route route,
      MessageTag tag,
      long messageBytes,
      long offset,
      long number,
      int payloadBytes) {
    frame.set(INT, 0, MAGIC);
    frame.set(SHORT, 4, (short) VERSION);
    frame.set(SHORT, 6, code(tag.kind()));
    frame.set(LONG, 8, route.runId());
    frame.set(INT, 16, route.epoch());
    frame.set(INT, 20, route.from());
    frame.set(INT, 24, route.to());
    frame.set(INT, 28, tag.block());
    frame.set(LONG, 32, tag.step());
    frame.set(LONG, 40, tag.sequence());
    frame.set(LONG, 48, messageBytes);
    frame.set(LONG, 56, offset);
    frame.set(LONG, 64, number);
    frame.set(INT, 72, payloadBytes);
  }

  static void seal(MemorySegment frame) {
    frame.set(INT, CHECKSUM_AT, checksum(frame));
  }

  /** Whether this is a whole, undamaged frame of this version. */
  static boolean isIntact(MemorySegment frame) {
    return frame.byteSize() >= HEADER_BYTES
        && frame.get(INT, 0) == MAGIC
        && frame.get(SHORT, 4) == VERSION
        && frame.get(INT, 72) == frame.byteSize() - HEADER_BYTES
        && frame.get(INT, CHECKSUM_AT) == checksum(frame);
  }

  /** Whether it is of this run and attempt, and for this rank. */
  static boolean isFor(MemorySegment frame, long runId, int epoch, int rank) {
    return frame.get(LONG, 8) == runId && frame.get(INT, 16) == epoch && frame.get(INT, 24) == rank;
  }

  static int from(MemorySegment frame) {
    return frame.get(INT, 20);
  }

  static long messageBytes(MemorySegment frame) {
    return frame.get(LONG, 48);
  }

  static long offset(MemorySegment frame) {
    return frame.get(LONG, 56);
  }

  static long number(MemorySegment frame) {
    return frame.get(LONG, 64);
  }

  static int payloadBytes(MemorySegment frame) {
    return frame.get(INT, 72);
  }

  /** Whether it is of this message; without allocating. */
  static boolean isOf(MemorySegment frame, MessageTag tag) {
    return frame.get(SHORT, 6) == code(tag.kind())
        && frame.get(INT, 28) == tag.block()
        && frame.get(LONG, 32) == tag.step()
        && frame.get(LONG, 40) == tag.sequence();
  }

  /** What message it is of; an unknown kind reads as a hello. */
  static MessageTag tag(MemorySegment frame) {
    short code = frame.get(SHORT, 6);
    Kind kind = Kind.HELLO;
    for (Kind candidate : Kind.values()) {
      kind = code(candidate) == code ? candidate : kind;
    }
    return new MessageTag(kind, frame.get(LONG, 32), frame.get(LONG, 40), frame.get(INT, 28));
  }

  private static short code(Kind kind) {
    return switch (kind) {
      case HELLO -> 1;
      case KEYS -> 2;
      case VALUES -> 3;
      case KEY_GRADIENTS -> 4;
      case VALUE_GRADIENTS -> 5;
      case COLLECTIVE -> 6;
    };
  }

  /** CRC-32C of everything but the checksum itself. */
  private static int checksum(MemorySegment frame) {
    CRC32C crc = new CRC32C();
    crc.update(frame.asSlice(0, CHECKSUM_AT).asByteBuffer());
    crc.update(frame.asSlice(HEADER_BYTES).asByteBuffer());
    return (int) crc.getValue();
  }
}
