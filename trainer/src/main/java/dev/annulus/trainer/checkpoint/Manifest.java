package dev.annulus.trainer.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * {@code manifest.json}: every other file of a checkpoint with its size and checksum. Written last,
 * so its presence says that the rest is there.
 *
 * @param format of the layout; this is 1
 * @param files sorted by path
 */
public record Manifest(int format, long step, List<FileEntry> files) {
  /** In a checkpoint's folder. */
  public static final String FILE_NAME = "manifest.json";

  private static final int FORMAT = 1;
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .build();

  public Manifest {
    files = List.copyOf(files);
  }

  /**
   * One file.
   *
   * @param path relative to the checkpoint, with '/'
   * @param sha256 of its bytes, in hex
   */
  public record FileEntry(String path, long bytes, String sha256) {
    /**
     * In what a file is not this one.
     *
     * @param found its bytes; negative if there is none
     * @param foundSha256 asked only if it has the right length
     */
    public Optional<String> damage(long found, String foundSha256) {
      if (found < 0) {
        return Optional.of(path + " is missing");
      }
      if (found != bytes) {
        return Optional.of("%s has %d bytes (expected %d)".formatted(path, found, bytes));
      }
      return foundSha256.equals(sha256)
          ? Optional.empty()
          : Optional.of(path + " has another checksum than the manifest says");
    }
  }

  /** Of a checkpoint, from what those who wrote its files said of them. */
  public static Manifest of(long step, List<FileEntry> files) {
    return new Manifest(
        FORMAT, step, files.stream().sorted(Comparator.comparing(FileEntry::path)).toList());
  }

  /**
   * What is said of a part.
   *
   * @param place for the error's message
   * @throws IOException if it is not a part of that step
   */
  public static List<FileEntry> parsePart(byte[] json, String place, long step) throws IOException {
    Manifest part = JSON.readValue(json, Manifest.class);
    if (part == null || part.step() != step) {
      throw new IOException(place + " is not of step " + step);
    }
    return part.files();
  }

  /** As JSON. */
  public byte[] toJson() {
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(this);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of numbers and texts is JSON", e);
    }
  }

  void writeTo(Path folder) throws IOException {
    Files.write(folder.resolve(FILE_NAME), toJson());
  }

  /**
   * Reads what says that a checkpoint of {@code step} is whole.
   *
   * @param place of the checkpoint, for the error's message
   * @throws DamagedCheckpointException if it is no manifest, or one of another step
   */
  public static Manifest parse(byte[] json, String place, long step)
      throws DamagedCheckpointException {
    Manifest manifest;
    try {
      manifest = JSON.readValue(json, Manifest.class);
    } catch (JsonProcessingException e) {
      throw damaged(place, FILE_NAME + " is not a manifest: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw damaged(place, FILE_NAME + " is not a manifest: " + e.getMessage());
    }
    if (manifest == null) {
      throw damaged(place, FILE_NAME + " is not a manifest: null");
    }
    if (manifest.format() != FORMAT || manifest.step() != step) {
      throw damaged(
          place,
          "%s is of format %d and step %d (expected format %d and step %d)"
              .formatted(FILE_NAME, manifest.format(), manifest.step(), FORMAT, step));
    }
    return manifest;
  }

  private static DamagedCheckpointException damaged(String place, String damage) {
    return new DamagedCheckpointException(place, List.of(damage));
  }

  /** What of {@code folder} is not as its manifest says; empty if it is whole. */
  static List<String> damages(Path folder, long step) throws IOException {
    Manifest manifest;
    try {
      manifest = parse(Files.readAllBytes(folder.resolve(FILE_NAME)), folder.toString(), step);
    } catch (DamagedCheckpointException e) {
      return e.damages();
    }
    List<String> damages = new ArrayList<>();
    for (FileEntry entry : manifest.files()) {
      Path file = folder.resolve(entry.path());
      if (!Files.isRegularFile(file)) {
        entry.damage(-1, "").ifPresent(damages::add);
      } else {
        long bytes = Files.size(file);
        entry.damage(bytes, bytes == entry.bytes() ? sha256(file) : "").ifPresent(damages::add);
      }
    }
    return damages;
  }

  private static String sha256(Path file) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      byte[] buffer = new byte[1 << 16];
      while (in.read(buffer) >= 0) {
        // The stream updates the digest as it is read.
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
