package dev.annulus.trainer.merge;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 in lower-case hex. */
final class Hashes {
  /** Bytes that go into the digest at a time. */
  private static final long PIECE = 1 << 22;

  private Hashes() {}

  static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  static void update(MessageDigest digest, MemorySegment bytes) {
    for (long start = 0; start < bytes.byteSize(); start += PIECE) {
      long length = Math.min(PIECE, bytes.byteSize() - start);
      digest.update(bytes.asSlice(start, length).asByteBuffer());
    }
  }

  static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }

  static String of(MemorySegment bytes) {
    MessageDigest digest = digest();
    update(digest, bytes);
    return hex(digest);
  }

  static String of(String text) {
    MessageDigest digest = digest();
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    return hex(digest);
  }
}
