package dev.annulus.link;

import dev.annulus.link.MessageTag.Kind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Messages whose every byte is known. */
final class Messages {
  private Messages() {}

  static void exchange(
      Link link, int peer, long sequence, MemorySegment mine, MemorySegment theirs) {
    Transfer sending = link.send(peer, tag(Kind.KEYS, sequence), mine);
    Transfer receiving = link.receive(peer, tag(Kind.KEYS, sequence), theirs);
    receiving.await();
    sending.await();
  }

  static MessageTag tag(Kind kind, long sequence) {
    return new MessageTag(kind, 0, sequence, 0);
  }

  static void fill(MemorySegment bytes, int seed) {
    for (long i = 0; i < bytes.byteSize(); i++) {
      bytes.set(ValueLayout.JAVA_BYTE, i, pattern(i, seed));
    }
  }

  static void check(MemorySegment bytes, int seed) {
    for (long i = 0; i < bytes.byteSize(); i++) {
      if (bytes.get(ValueLayout.JAVA_BYTE, i) != pattern(i, seed)) {
        throw new AssertionError("byte " + i + " of " + bytes.byteSize() + ", pattern " + seed);
      }
    }
  }

  private static byte pattern(long index, int seed) {
    return (byte) ((index * 31 + seed * 1_000_003L) >>> 3 ^ index ^ seed);
  }
}
