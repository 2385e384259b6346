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

/**
 * {@code manifest.json}: every other file of a checkpoint with its size and checksum. Written last,
 * so its presence says that the rest is there.
 *
 * @param format of the layout; this is 1
 * @param files sorted by path
 */
public record Manifest(int format, long step, List<FileEntry> files) {
  static final String FILE_NAME = "manifest.json";
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
  public record FileEntry(String path, long bytes, String sha256) {}

  /** Of a checkpoint, from what those who wrote its files said of them. */
  static Manifest of(long step, List<FileEntry> files) {
    return new Manifest(
        FORMAT, step, files.stream().sorted(Comparator.comparing(FileEntry::path)).toList());
  }

  /**
   * What is said of a part.
   *
   * @throws IOException if it cannot be read, or is of another step
   */
  static List<FileEntry> readPart(Path file, long step) throws IOException {
    Manifest part = JSON.readValue(Files.readAllBytes(file), Manifest.class);
    if (part == null || part.step() != step) {
      throw new IOException(file + " is not of step " + step);
    }
    return part.files();
  }

  byte[] toJson() throws IOException {
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(this);
  }

  void writeTo(Path folder) throws IOException {
    Files.write(folder.resolve(FILE_NAME), toJson());
  }

  /** What of {@code folder} is not as its manifest says; empty if it is whole. */
  static List<String> damages(Path folder, long step) throws IOException {
    Manifest manifest;
    try {
      manifest = JSON.readValue(Files.readAllBytes(folder.resolve(FILE_NAME)), Manifest.class);
    } catch (JsonProcessingException e) {
      return List.of(FILE_NAME + " is not a manifest: " + e.getOriginalMessage());
    }
    if (manifest == null) {
      return List.of(FILE_NAME + " is not a manifest: null");
    }
    if (manifest.format() != FORMAT || manifest.step() != step) {
      return List.of(
          "%s is of format %d and step %d (expected format %d and step %d)"
              .formatted(FILE_NAME, manifest.format(), manifest.step(), FORMAT, step));
    }
    List<String> damages = new ArrayList<>();
    for (FileEntry entry : manifest.files()) {
      Path file = folder.resolve(entry.path());
      if (!Files.isRegularFile(file)) {
        damages.add(entry.path() + " is missing");
      } else if (Files.size(file) != entry.bytes()) {
        damages.add(
            "%s has %d bytes (expected %d)"
                .formatted(entry.path(), Files.size(file), entry.bytes()));
      } else if (!sha256(file).equals(entry.sha256())) {
        damages.add(entry.path() + " has another checksum than the manifest says");
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
