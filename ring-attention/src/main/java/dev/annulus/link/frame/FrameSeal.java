package dev.annulus.link.frame;

import java.lang.foreign.MemorySegment;

/**
 * What makes the frames of one sender for one receiver over one stream whole, and shows that they
 * are: a checksum against damage, or a proof against people. One thread at a time.
 */
public interface FrameSeal {
  /** Bytes behind the payload. */
  int tagBytes();

  /** Bytes of a frame that are not the payload's. */
  default int overheadBytes() {
    return Frame.HEADER_BYTES + tagBytes();
  }

  /**
   * Whether payloads may lie elsewhere than behind their header when they are sealed and examined:
   * a checksum tells of damage before or after a copy, a proof must come before it.
   */
  default boolean leavesPayloads() {
    return false;
  }

  /**
   * Makes a frame of its header, which is written, and its payload.
   *
   * @param frame {@link #overheadBytes} longer than the payload
   * @param payload not changed
   */
  void seal(MemorySegment frame, MemorySegment payload);

  /**
   * Whether a frame is as it was sealed: AWAITED, or why it is refused. Its header has been looked
   * at, and agrees with its length.
   */
  Verdict examine(MemorySegment frame);

  /** Copies the payload of the frame that was examined last, and found good, to its place. */
  void copyPayload(MemorySegment frame, MemorySegment target);
}
