package dev.annulus.link.security;

import dev.annulus.link.MessageTag;
import dev.annulus.link.MessageTag.Kind;
import dev.annulus.link.frame.Frame;
import dev.annulus.link.frame.FrameSeal;
import dev.annulus.link.frame.Route;
import java.lang.foreign.MemorySegment;
import java.util.Random;

/** Frames of random payloads that are messages by themselves. */
final class SealedFrames {
  static final int PAYLOAD = 200;

  private SealedFrames() {}

  /** The message that frame {@code number} brings. */
  static MessageTag tag(long number) {
    return new MessageTag(Kind.KEYS, number, number, 0);
  }

  static byte[] payload(long number) {
    byte[] bytes = new byte[PAYLOAD];
    new Random(number).nextBytes(bytes);
    return bytes;
  }

  static MemorySegment one(FrameSeal seal, Route route, long number) {
    byte[] frame = new byte[seal.overheadBytes() + PAYLOAD];
    MemorySegment written = MemorySegment.ofArray(frame);
    Frame.write(written, route, tag(number), PAYLOAD, 0, number, PAYLOAD);
    seal.seal(written, MemorySegment.ofArray(payload(number)));
    return written;
  }
}
