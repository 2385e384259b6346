package dev.annulus.ring;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.annulus.device.PeerAccess;
import dev.annulus.ring.RingMessages.Content;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * What a rank tells a peer of its host about rows of a block that are copied rather than sent: that
 * they can be copied, or that they were and their memory may be written again.
 *
 * @param subject which of both
 * @param content what the rows are
 * @param number of the shipment, from its sender to its receiver
 * @param owner whose block it is
 * @param rows how many
 * @param rowBytes of a row of either matrix
 * @param handle of the memory that both matrices lie in; of no meaning in what was copied
 * @param keysAt where the first matrix begins there, in bytes
 * @param valuesAt where the second begins
 */
record PeerNotice(
    Subject subject,
    Content content,
    long number,
    int owner,
    long rows,
    long rowBytes,
    byte[] handle,
    long keysAt,
    long valuesAt) {
  /** Bytes on the link. */
  static final int BYTES = 64 + PeerAccess.HANDLE_BYTES;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** What is told. */
  enum Subject {
    READY,
    TAKEN
  }

  /** That the rows of a notice were copied. */
  PeerNotice taken() {
    return new PeerNotice(
        Subject.TAKEN, content, number, owner, rows, rowBytes, handle, keysAt, valuesAt);
  }

  /** Whether both are about the same rows. */
  boolean isAbout(Content otherContent, long otherNumber, int otherOwner, long otherRows, long b) {
    return content == otherContent
        && number == otherNumber
        && owner == otherOwner
        && rows == otherRows
        && rowBytes == b;
  }

  void write(MemorySegment target) {
    target.set(INT, 0, subject == Subject.READY ? 0 : 1);
    target.set(INT, 4, content == Content.KEYS_AND_VALUES ? 0 : 1);
    target.set(LONG, 8, number);
    target.set(LONG, 16, owner);
    target.set(LONG, 24, rows);
    target.set(LONG, 32, rowBytes);
    target.set(LONG, 40, keysAt);
    target.set(LONG, 48, valuesAt);
    MemorySegment.copy(handle, 0, target, JAVA_BYTE, 64, PeerAccess.HANDLE_BYTES);
  }

  static PeerNotice read(MemorySegment source) {
    byte[] handle = source.asSlice(64, PeerAccess.HANDLE_BYTES).toArray(JAVA_BYTE);
    return new PeerNotice(
        source.get(INT, 0) == 0 ? Subject.READY : Subject.TAKEN,
        source.get(INT, 4) == 0 ? Content.KEYS_AND_VALUES : Content.GRADIENTS,
        source.get(LONG, 8),
        Math.toIntExact(source.get(LONG, 16)),
        source.get(LONG, 24),
        source.get(LONG, 32),
        handle,
        source.get(LONG, 40),
        source.get(LONG, 48));
  }

  /** For errors. */
  String describe() {
    return "%d rows of %d bytes of %s of block %d (shipment %d)"
        .formatted(
            rows,
            rowBytes,
            content == Content.GRADIENTS ? "gradients" : "keys and values",
            owner,
            number);
  }
}
