package dev.annulus.spark.quickstart;

import dev.annulus.config.InvalidInputException;
import dev.annulus.spark.console.Console;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Real text that the build brings along: the source files of Apache Spark, one document each. One
 * file in 32, chosen by a hash of its path, is held out, whatever else changes.
 */
final class SourceCorpus {
  private static final int HELD_OUT_ONE_IN = 32;

  /** The few larger files hold half of the text; without them packing takes half the time. */
  private static final int LARGEST_FILE_BYTES = 24 * 1024;

  /**
   * What was written.
   *
   * @param files number of documents
   * @param bytes of text
   */
  record Part(Path file, int files, long bytes) {}

  private final Map<String, String> textByPath = new TreeMap<>();

  private SourceCorpus() {}

  /**
   * Reads the jars of sources in a folder.
   *
   * @throws InvalidInputException if there is none
   */
  static SourceCorpus read(Path folder) throws IOException {
    SourceCorpus corpus = new SourceCorpus();
    List<Path> jars = List.of();
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        jars = files.filter(f -> f.toString().endsWith(".jar")).sorted().toList();
      }
    }
    for (Path jar : jars) {
      corpus.readJar(jar);
    }
    if (corpus.textByPath.isEmpty()) {
      throw new InvalidInputException(
          folder.toString(),
          "no source jars",
          "the jars that the build puts there (./annulus build)");
    }
    return corpus;
  }

  private void readJar(Path jar) throws IOException {
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      for (ZipEntry entry : zip.stream().toList()) {
        String path = entry.getName();
        boolean isSource = path.endsWith(".scala") || path.endsWith(".java");
        if (isSource && entry.getSize() <= LARGEST_FILE_BYTES) {
          try (InputStream in = zip.getInputStream(entry)) {
            textByPath.put(path, new String(in.readAllBytes(), StandardCharsets.UTF_8));
          }
        }
      }
    }
  }

  /** Number of files. */
  int files() {
    return textByPath.size();
  }

  /** Writes the documents that are learned from as JSONL. */
  Part writeTraining(Path file) throws IOException {
    return write(file, false, Long.MAX_VALUE);
  }

  /**
   * Writes held-out documents as JSONL, in the order of their hashes, until there are {@code
   * maxBytes}.
   */
  Part writeHeldOut(Path file, long maxBytes) throws IOException {
    return write(file, true, maxBytes);
  }

  private Part write(Path file, boolean heldOut, long maxBytes) throws IOException {
    Files.createDirectories(file.getParent());
    int files = 0;
    long bytes = 0;
    try (BufferedWriter out = Files.newBufferedWriter(file)) {
      for (Map.Entry<String, String> document : textByPath.entrySet()) {
        int size = document.getValue().getBytes(StandardCharsets.UTF_8).length;
        if (isHeldOut(document.getKey()) == heldOut && bytes + size <= maxBytes) {
          out.write(Console.toJson(Map.of("path", document.getKey(), "text", document.getValue())));
          out.newLine();
          files++;
          bytes += size;
        }
      }
    }
    return new Part(file, files, bytes);
  }

  static boolean isHeldOut(String path) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(path.getBytes(StandardCharsets.UTF_8));
      return Byte.toUnsignedInt(hash[0]) % HELD_OUT_ONE_IN == 0;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
