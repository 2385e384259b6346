package dev.annulus.link.security;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;

/**
 * Keys from a secret (HKDF with SHA-256, RFC 5869): one for each use, so that what is learned from
 * one says nothing about another.
 */
final class KeySchedule {
  private static final int KEY_BYTES = 32;

  private KeySchedule() {}

  /**
   * A key of 256 bits.
   *
   * @param salt what is fresh about it
   * @param info what it is for
   */
  static SecretKey key(PeerSecret secret, String algorithm, byte[] salt, String info) {
    HKDFParameterSpec spec =
        HKDFParameterSpec.ofExtract()
            .addSalt(salt)
            .addIKM(secret.bytes())
            .thenExpand(info.getBytes(StandardCharsets.UTF_8), KEY_BYTES);
    try {
      return KDF.getInstance("HKDF-SHA256").deriveKey(algorithm, spec);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK 25 has HKDF-SHA256", e);
    }
  }
}
