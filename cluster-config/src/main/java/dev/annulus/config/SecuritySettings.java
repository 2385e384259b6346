package dev.annulus.config;

import java.util.Optional;

/**
 * How workers tell each other's frames from those of anybody else; the keys stand in {@code
 * transport:}.
 *
 * @param authentication whether frames carry a proof that their sender knows the secret; default
 *     auto
 * @param encryption what of a frame is hidden; default none
 * @param secretFile a file that holds the secret on every host; left out, the secret is Spark's own
 */
public record SecuritySettings(
    Authentication authentication, Encryption encryption, Optional<String> secretFile) {
  /** Whether peers prove who they are. */
  public enum Authentication {
    /** Where there is a secret: {@code secret_file}, or Spark with {@code spark.authenticate}. */
    AUTO,
    /** Always: without a secret there is no run. */
    ON,
    /** Never: for networks that nobody else is on. */
    OFF
  }

  /** What of a frame is hidden. */
  public enum Encryption {
    /** Nothing. */
    NONE,
    /** Its payload, by AES-256 in Galois/counter mode. */
    AES_GCM
  }

  /** As it is chosen where nothing is said. */
  public static final SecuritySettings DEFAULT =
      new SecuritySettings(Authentication.AUTO, Encryption.NONE, Optional.empty());
}
