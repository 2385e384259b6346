package dev.annulus.link.security;

import dev.annulus.link.frame.Frame;
import dev.annulus.link.frame.FrameSeal;
import dev.annulus.link.frame.Verdict;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKey;
import javax.crypto.spec.GCMParameterSpec;

/**
 * AES-256-GCM: the payload is encrypted, header and payload are authenticated, the tag of 16 bytes
 * stands behind the payload. The nonce is the number of the frame; as a key belongs to one way of
 * one session, no nonce is used twice with it.
 */
final class CipherSeal implements FrameSeal {
  static final String KEY_ALGORITHM = "AES";
  static final int TAG_BYTES = 16;

  private static final int NONCE_BYTES = 12;

  private final Cipher cipher;
  private final SecretKey key;
  private final byte[] header = new byte[Frame.HEADER_BYTES];
  private final byte[] nonce = new byte[NONCE_BYTES];
  private final ByteBuffer number =
      ByteBuffer.wrap(nonce, NONCE_BYTES - Long.BYTES, Long.BYTES)
          .slice()
          .order(ByteOrder.LITTLE_ENDIAN);

  /** Plain on the way out, encrypted on the way in; as long as the longest frame so far. */
  private byte[] from = {};

  private byte[] into = {};

  CipherSeal(SecretKey key) {
    this.key = key;
    try {
      cipher = Cipher.getInstance("AES/GCM/NoPadding");
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has AES/GCM", e);
    }
  }

  @Override
  public int tagBytes() {
    return TAG_BYTES;
  }

  @Override
  public void seal(MemorySegment frame, MemorySegment payload) {
    int bytes = (int) payload.byteSize();
    reserve(bytes + TAG_BYTES);
    MemorySegment.copy(payload, ValueLayout.JAVA_BYTE, 0, from, 0, bytes);
    try {
      begin(Cipher.ENCRYPT_MODE, frame);
      int length = cipher.doFinal(from, 0, bytes, into, 0);
      MemorySegment.copy(into, 0, frame, ValueLayout.JAVA_BYTE, Frame.HEADER_BYTES, length);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a frame cannot be encrypted", e);
    }
  }

  @Override
  public Verdict examine(MemorySegment frame) {
    int bytes = (int) frame.byteSize() - Frame.HEADER_BYTES;
    reserve(bytes);
    MemorySegment.copy(frame, ValueLayout.JAVA_BYTE, Frame.HEADER_BYTES, from, 0, bytes);
    try {
      begin(Cipher.DECRYPT_MODE, frame);
      cipher.doFinal(from, 0, bytes, into, 0);
      return Verdict.AWAITED;
    } catch (AEADBadTagException e) {
      return Verdict.UNPROVEN;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("a frame cannot be decrypted", e);
    }
  }

  @Override
  public void copyPayload(MemorySegment frame, MemorySegment target) {
    MemorySegment.copy(into, 0, target, ValueLayout.JAVA_BYTE, 0, (int) target.byteSize());
  }

  private void begin(int mode, MemorySegment frame) throws GeneralSecurityException {
    number.putLong(0, Frame.number(frame));
    MemorySegment.copy(frame, ValueLayout.JAVA_BYTE, 0, header, 0, Frame.HEADER_BYTES);
    cipher.init(mode, key, new GCMParameterSpec(8 * TAG_BYTES, nonce));
    cipher.updateAAD(header);
  }

  private void reserve(int bytes) {
    if (from.length < bytes) {
      from = new byte[bytes];
      into = new byte[bytes];
    }
  }
}
