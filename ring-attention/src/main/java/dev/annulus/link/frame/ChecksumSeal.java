package dev.annulus.link.frame;

import java.lang.foreign.MemorySegment;

/** CRC-32C in the header: notices damage, and believes everybody. Any thread. */
public final class ChecksumSeal implements FrameSeal {
  /** There is nothing to tell two of them apart. */
  public static final ChecksumSeal INSTANCE = new ChecksumSeal();

  private ChecksumSeal() {}

  @Override
  public int tagBytes() {
    return 0;
  }

  @Override
  public boolean leavesPayloads() {
    return true;
  }

  @Override
  public void seal(MemorySegment frame, MemorySegment payload) {
    MemorySegment.copy(payload, 0, frame, Frame.HEADER_BYTES, payload.byteSize());
    Frame.seal(frame);
  }

  @Override
  public Verdict examine(MemorySegment frame) {
    return Frame.isSealed(frame, frame.asSlice(Frame.HEADER_BYTES))
        ? Verdict.AWAITED
        : Verdict.DAMAGED;
  }

  @Override
  public void copyPayload(MemorySegment frame, MemorySegment target) {
    MemorySegment.copy(frame, Frame.HEADER_BYTES, target, 0, target.byteSize());
  }
}
