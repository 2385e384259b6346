package dev.annulus.link.aeron;

import java.lang.foreign.MemorySegment;
import org.agrona.DirectBuffer;

/** Aeron's buffers as memory segments, for copies from and to workers' memory. */
final class AeronMemory {
  private AeronMemory() {}

  /** Valid as long as the buffer is mapped: only within the poll or claim that gave it. */
  static MemorySegment segment(DirectBuffer buffer, int offset, int length) {
    return MemorySegment.ofAddress(buffer.addressOffset() + offset).reinterpret(length);
  }
}
