package dev.annulus.link.security;

/** What a frame carries against damage and against people. */
public enum Protection {
  /** A checksum: everybody is believed. */
  CHECKSUM("crc-32c"),
  /** A proof that the sender knows the secret. */
  AUTHENTICATED("hmac-sha-256"),
  /** The same, and the payload is hidden. */
  ENCRYPTED("aes-256-gcm");

  private final String text;

  Protection(String text) {
    this.text = text;
  }

  /** As ranks tell each other. */
  public String text() {
    return text;
  }
}
