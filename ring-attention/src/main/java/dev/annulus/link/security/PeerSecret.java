package dev.annulus.link.security;

import dev.annulus.config.InvalidInputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;

/** What all workers of a run know and nobody else does. Never part of a text. */
public final class PeerSecret {
  /** Fewer can be guessed. */
  public static final int MIN_BYTES = 16;

  private static final String KEY = "transport.secret_file";
  private static final Set<PosixFilePermission> OTHERS =
      Set.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE);

  private final byte[] bytes;

  private PeerSecret(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * @throws IllegalArgumentException if it is shorter than {@link #MIN_BYTES}
   */
  public static PeerSecret of(byte[] bytes) {
    if (bytes.length < MIN_BYTES) {
      throw new IllegalArgumentException(
          "a secret of " + bytes.length + " bytes, expected " + MIN_BYTES + " or more");
    }
    return new PeerSecret(bytes.clone());
  }

  /**
   * The secret in a file, without blanks around it.
   *
   * @throws InvalidInputException if it cannot be read, others may read it, or it is too short
   */
  public static PeerSecret read(Path file) {
    try {
      if (FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
          && Files.getPosixFilePermissions(file).stream().anyMatch(OTHERS::contains)) {
        throw new InvalidInputException(
            KEY,
            file + ", which others than its owner may read or write",
            "a file of its owner alone (chmod 600)");
      }
      byte[] text = Files.readString(file).strip().getBytes(StandardCharsets.UTF_8);
      if (text.length < MIN_BYTES) {
        throw new InvalidInputException(
            KEY,
            file + " with " + text.length + " bytes",
            MIN_BYTES + " bytes or more, for example of: openssl rand -hex 32");
      }
      return of(text);
    } catch (IOException e) {
      throw new InvalidInputException(
          KEY,
          file + ", which cannot be read: " + reason(e),
          "a file with the secret on every host");
    }
  }

  byte[] bytes() {
    return bytes;
  }

  @Override
  public String toString() {
    return "a secret";
  }

  private static String reason(IOException e) {
    return e.getClass().getSimpleName();
  }
}
