package dev.annulus.link.frame;

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
public final class Frame {
  /** Of the frames and of what ranks tell each other to connect. */
  public static final int VERSION = 3;

  /** Bytes before the payload. */
  public static final int HEADER_BYTES = 80;

  /** Number of the frame that opens a connection, before all others. */
  static final long OPENING = -1;

  /** "ANNL" as bytes. */
  private static final int MAGIC = 0x4C4E4E41;

  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int CHECKSUM_AT = 76;

  private Frame() {}

  /**
   * Writes the header but for its checksum, which is 0 until {@link #seal} adds it.
   *
   * @param frame at least {@link #HEADER_BYTES}
   * @param messageBytes of the whole message
   * @param offset where in the message the payload begins
   * @param number of the frame in its stream, from 0
   */
  public static void write(
      MemorySegment frame,
      Route route,
      MessageTag tag,
      long messageBytes,
      long offset,
      long number,
      int payloadBytes) {
    frame.set(INT, 0, MAGIC);
    frame.set(SHORT, 4, (short) VERSION);
    frame.set(BYTE, 6, code(tag.kind()));
    frame.set(BYTE, 7, (byte) route.stream());
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
    frame.set(INT, CHECKSUM_AT, 0);
  }

  /** Adds the checksum to a frame whose payload lies behind its header. */
  public static void seal(MemorySegment frame) {
    seal(frame, frame.asSlice(HEADER_BYTES));
  }

  /** Adds the checksum to a header whose payload lies elsewhere. */
  public static void seal(MemorySegment header, MemorySegment payload) {
    header.set(INT, CHECKSUM_AT, checksum(header, payload));
  }

  /**
   * Whether this is a whole frame of this version for this route's receiver that its seal vouches
   * for, whoever sent it: AWAITED, or why it is refused.
   *
   * @param frame header, payload and tag, as it came
   */
  public static Verdict examine(MemorySegment frame, Route route, FrameSeal seal) {
    if (frame.byteSize() < seal.overheadBytes()) {
      return Verdict.DAMAGED;
    }
    Verdict verdict = examineHeader(frame, route);
    if (verdict != Verdict.AWAITED) {
      return verdict;
    }
    return payloadBytes(frame) == frame.byteSize() - seal.overheadBytes()
        ? seal.examine(frame)
        : Verdict.DAMAGED;
  }

  /** As {@link #examine} for a header alone: what its seal says is still to be asked. */
  public static Verdict examineHeader(MemorySegment header, Route route) {
    if (header.get(INT, 0) != MAGIC) {
      return Verdict.DAMAGED;
    }
    if (header.get(SHORT, 4) != VERSION) {
      return Verdict.OTHER_VERSION;
    }
    if (payloadBytes(header) < 0) {
      return Verdict.DAMAGED;
    }
    if (header.get(LONG, 8) != route.runId()) {
      return Verdict.OTHER_RUN;
    }
    if (header.get(INT, 16) != route.epoch()) {
      return Verdict.OTHER_EPOCH;
    }
    return header.get(INT, 24) == route.to() && header.get(BYTE, 7) == (byte) route.stream()
        ? Verdict.AWAITED
        : Verdict.MISDIRECTED;
  }

  /** Whether the checksum of a header is right for it and its payload. */
  public static boolean isSealed(MemorySegment header, MemorySegment payload) {
    return header.get(INT, CHECKSUM_AT) == checksum(header, payload);
  }

  /** Rank of the sender, as it says. */
  public static int from(MemorySegment frame) {
    return frame.get(INT, 20);
  }

  /** Bytes of the whole message. */
  public static long messageBytes(MemorySegment frame) {
    return frame.get(LONG, 48);
  }

  /** Where in the message the payload begins. */
  public static long offset(MemorySegment frame) {
    return frame.get(LONG, 56);
  }

  /** Number of the frame in its stream, from 0. */
  public static long number(MemorySegment frame) {
    return frame.get(LONG, 64);
  }

  /** Bytes behind the header. */
  public static int payloadBytes(MemorySegment frame) {
    return frame.get(INT, 72);
  }

  /** Whether it is of this message; without allocating. */
  public static boolean isOf(MemorySegment frame, MessageTag tag) {
    return frame.get(BYTE, 6) == code(tag.kind())
        && frame.get(INT, 28) == tag.block()
        && frame.get(LONG, 32) == tag.step()
        && frame.get(LONG, 40) == tag.sequence();
  }

  /** What message it is of; an unknown kind reads as a hello. */
  public static MessageTag tag(MemorySegment frame) {
    byte code = frame.get(BYTE, 6);
    Kind kind = Kind.HELLO;
    for (Kind candidate : Kind.values()) {
      kind = code(candidate) == code ? candidate : kind;
    }
    return new MessageTag(kind, frame.get(LONG, 32), frame.get(LONG, 40), frame.get(INT, 28));
  }

  private static byte code(Kind kind) {
    return switch (kind) {
      case HELLO -> 1;
      case KEYS -> 2;
      case VALUES -> 3;
      case KEY_GRADIENTS -> 4;
      case VALUE_GRADIENTS -> 5;
      case COLLECTIVE -> 6;
      case NOTICE -> 7;
    };
  }

  /** CRC-32C of everything but the checksum itself. */
  private static int checksum(MemorySegment header, MemorySegment payload) {
    CRC32C crc = new CRC32C();
    crc.update(header.asSlice(0, CHECKSUM_AT).asByteBuffer());
    crc.update(payload.asByteBuffer());
    return (int) crc.getValue();
  }
}
