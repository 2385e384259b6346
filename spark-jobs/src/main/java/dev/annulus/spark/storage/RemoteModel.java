package dev.annulus.spark.storage;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;

/**
 * A model folder on a file system that Hadoop knows. Of its files only those matter that a model is
 * made of: a folder may hold optimisers and weights in other formats too.
 */
public final class RemoteModel {
  private static final String WEIGHTS = ".safetensors";
  private static final List<String> BESIDE = List.of(".json", ".txt", ".model", ".jinja");

  /** Bytes before a safetensors header, which say how long it is. */
  private static final int PREFIX = 8;

  private final RemoteFolder folder;
  private final List<String> parts;

  private RemoteModel(RemoteFolder folder, List<String> parts) {
    this.folder = folder;
    this.parts = parts;
  }

  /**
   * Lists a folder.
   *
   * @return empty if there is none
   * @throws IOException if the file system cannot be asked
   */
  public static Optional<RemoteModel> find(String location, Configuration hadoop)
      throws IOException {
    RemoteFolder folder = RemoteFolder.of(location, hadoop, StorageCalls.DEFAULT);
    if (!folder.exists("") || folder.size("").isPresent()) {
      return Optional.empty();
    }
    return Optional.of(
        new RemoteModel(folder, folder.names("").stream().filter(RemoteModel::isOfModel).toList()));
  }

  private static boolean isOfModel(String name) {
    return name.endsWith(WEIGHTS) || BESIDE.stream().anyMatch(name::endsWith);
  }

  /** Copies all files but weights. */
  void small(Path target) throws IOException {
    for (String part : parts) {
      if (!part.endsWith(WEIGHTS)) {
        copy(part, target);
      }
    }
  }

  /** Copies the files. */
  public void copy(Path target) throws IOException {
    for (String part : parts) {
      copy(part, target);
    }
  }

  /** Copies the files, but of weights only the header: their values are a hole of that length. */
  public void outline(Path target) throws IOException {
    for (String part : parts) {
      if (part.endsWith(WEIGHTS)) {
        header(part, target);
      } else {
        copy(part, target);
      }
    }
  }

  private void copy(String part, Path target) throws IOException {
    folder.fetch(part, () -> Files.newOutputStream(target.resolve(part)));
  }

  private void header(String part, Path target) throws IOException {
    long length = folder.size(part).orElse(0);
    try (var out = new RandomAccessFile(target.resolve(part).toFile(), "rw")) {
      byte[] prefix = folder.head(part, (int) Math.min(PREFIX, length));
      out.write(prefix);
      // A length that the file cannot hold is told by whoever reads the outline.
      if (prefix.length == PREFIX) {
        long header = ByteBuffer.wrap(prefix).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (header >= 0 && header <= Math.min(Integer.MAX_VALUE, length) - PREFIX) {
          byte[] whole = folder.head(part, PREFIX + (int) header);
          out.write(whole, PREFIX, whole.length - PREFIX);
        }
      }
      out.setLength(length);
    }
  }
}
