package dev.annulus.spark.gang;

import dev.annulus.config.RunConfig;
import dev.annulus.data.parquet.PackedManifest;
import dev.annulus.data.spark.PrepareRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Short hashes of what all workers of a run must see alike, cheap enough for every start: of a
 * model its configuration, tokeniser, and the names, sizes and headers of its weights, not their
 * numbers; of packed data its manifests.
 */
final class Fingerprint {
  /** What is not here, or not in a file of this host: it is compared with nothing. */
  static final String NOT_HERE = "not here";

  private static final int DIGITS = 12;

  /** A header names tensors; one that is larger is damaged, and whoever reads it will say so. */
  private static final long MAX_HEADER_BYTES = 64L << 20;

  private Fingerprint() {}

  /** Of bytes: the first digits of their SHA-256. */
  static String of(byte[] bytes) {
    return digits(sha256().digest(bytes));
  }

  /** Of a text. */
  static String of(String text) {
    return of(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Of the model that the run starts with, as this host sees it. */
  static String ofModel(RunConfig config) {
    return config.model().path().map(Path::of).map(Fingerprint::ofFolder).orElse(NOT_HERE);
  }

  /** Of the packed rows of all stages, as this host sees them. */
  static String ofData(RunConfig config) {
    return ofFiles(
        IntStream.range(0, config.stages().size())
            .mapToObj(stage -> PrepareRequest.folder(config, config.stages().get(stage)))
            .map(folder -> Path.of(folder.toString(), PackedManifest.NAME))
            .toList());
  }

  private static String ofFolder(Path folder) {
    if (!Files.isDirectory(folder)) {
      return NOT_HERE;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return ofFiles(
          files
              .filter(file -> file.toString().endsWith(".json") || isWeights(file))
              .sorted()
              .toList());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + folder, e);
    }
  }

  private static String ofFiles(List<Path> files) {
    MessageDigest digest = sha256();
    boolean any = false;
    for (Path file : files) {
      if (Files.isRegularFile(file)) {
        any = true;
        digest.update(file.getFileName().toString().getBytes(StandardCharsets.UTF_8));
        add(digest, file);
      }
    }
    return any ? digits(digest.digest()) : NOT_HERE;
  }

  private static void add(MessageDigest digest, Path file) {
    try {
      if (!isWeights(file)) {
        digest.update(Files.readAllBytes(file));
        return;
      }
      digest.update(Long.toString(Files.size(file)).getBytes(StandardCharsets.UTF_8));
      try (SeekableByteChannel channel = Files.newByteChannel(file)) {
        ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        fill(channel, length);
        long bytes = length.limit() == 8 ? length.getLong(0) : 0;
        ByteBuffer header =
            ByteBuffer.allocate(
                (int) Math.clamp(bytes, 0, Math.min(MAX_HEADER_BYTES, channel.size())));
        fill(channel, header);
        digest.update(header);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  /** As much as there is. */
  private static void fill(SeekableByteChannel channel, ByteBuffer buffer) throws IOException {
    int read = 0;
    while (buffer.hasRemaining() && read >= 0) {
      read = channel.read(buffer);
    }
    buffer.flip();
  }

  private static boolean isWeights(Path file) {
    return file.toString().endsWith(".safetensors");
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static String digits(byte[] hash) {
    return HexFormat.of().formatHex(hash).substring(0, DIGITS);
  }
}
