package dev.annulus.link.security;

import dev.annulus.link.frame.Frame;
import dev.annulus.link.frame.FrameSeal;
import dev.annulus.link.frame.Verdict;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.ShortBufferException;

/**
 * HMAC-SHA-256 over header and payload, its first 16 bytes behind the payload (RFC 2104, section 5
 * allows half). The number of the frame is in the header, so that one frame cannot stand for
 * another.
 */
final class MacSeal implements FrameSeal {
  static final String ALGORITHM = "HmacSHA256";
  static final int TAG_BYTES = 16;

  private static final int CHUNK_BYTES = 8 << 10;

  private final Mac mac;
  private final byte[] full;
  private final byte[] chunk = new byte[CHUNK_BYTES];
  private final byte[] tag = new byte[TAG_BYTES];

  MacSeal(SecretKey key) {
    try {
      mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + ALGORITHM, e);
    }
    full = new byte[mac.getMacLength()];
  }

  @Override
  public int tagBytes() {
    return TAG_BYTES;
  }

  @Override
  public void seal(MemorySegment frame, MemorySegment payload) {
    long proven = Frame.HEADER_BYTES + payload.byteSize();
    MemorySegment.copy(payload, 0, frame, Frame.HEADER_BYTES, payload.byteSize());
    prove(frame, proven);
    MemorySegment.copy(full, 0, frame, ValueLayout.JAVA_BYTE, proven, TAG_BYTES);
  }

  @Override
  public Verdict examine(MemorySegment frame) {
    long proven = frame.byteSize() - TAG_BYTES;
    prove(frame, proven);
    MemorySegment.copy(frame, ValueLayout.JAVA_BYTE, proven, tag, 0, TAG_BYTES);
    byte[] expected = Arrays.copyOf(full, TAG_BYTES);
    return MessageDigest.isEqual(expected, tag) ? Verdict.AWAITED : Verdict.UNPROVEN;
  }

  @Override
  public void copyPayload(MemorySegment frame, MemorySegment target) {
    MemorySegment.copy(frame, Frame.HEADER_BYTES, target, 0, target.byteSize());
  }

  /** Leaves the proof of the first bytes of a frame in {@link #full}. */
  private void prove(MemorySegment frame, long bytes) {
    for (long at = 0; at < bytes; at += CHUNK_BYTES) {
      int length = (int) Math.min(CHUNK_BYTES, bytes - at);
      MemorySegment.copy(frame, ValueLayout.JAVA_BYTE, at, chunk, 0, length);
      mac.update(chunk, 0, length);
    }
    try {
      mac.doFinal(full, 0);
    } catch (ShortBufferException e) {
      throw new IllegalStateException(e);
    }
  }
}
