package dev.annulus.spark.job;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;

/**
 * A model folder on a file system that Hadoop knows. Of its files only those matter that a model is
 * made of: a folder may hold optimisers and weights in other formats too.
 */
final class RemoteModel {
  private static final String WEIGHTS = ".safetensors";
  private static final List<String> BESIDE = List.of(".json", ".txt", ".model", ".jinja");

  /** Bytes before a safetensors header, which say how long it is. */
  private static final int PREFIX = 8;

  private final FileSystem files;
  private final List<FileStatus> parts;

  private RemoteModel(FileSystem files, List<FileStatus> parts) {
    this.files = files;
    this.parts = parts;
  }

  /**
   * Lists a folder.
   *
   * @return empty if there is none
   * @throws IOException if the file system cannot be asked
   */
  static Optional<RemoteModel> find(String location, Configuration hadoop) throws IOException {
    org.apache.hadoop.fs.Path folder = new org.apache.hadoop.fs.Path(location);
    FileSystem files = FileSystem.get(URI.create(location), hadoop);
    if (!files.exists(folder) || !files.getFileStatus(folder).isDirectory()) {
      return Optional.empty();
    }
    List<FileStatus> parts = new ArrayList<>();
    for (FileStatus file : files.listStatus(folder)) {
      if (file.isFile() && isOfModel(file.getPath().getName())) {
        parts.add(file);
      }
    }
    return Optional.of(new RemoteModel(files, parts));
  }

  private static boolean isOfModel(String name) {
    return name.endsWith(WEIGHTS) || BESIDE.stream().anyMatch(name::endsWith);
  }

  /** Copies the files. */
  void copy(Path target) throws IOException {
    for (FileStatus part : parts) {
      copy(part, target);
    }
  }

  /** Copies the files, but of weights only the header: their values are a hole of that length. */
  void outline(Path target) throws IOException {
    for (FileStatus part : parts) {
      if (part.getPath().getName().endsWith(WEIGHTS)) {
        header(part, target);
      } else {
        copy(part, target);
      }
    }
  }

  private void copy(FileStatus part, Path target) throws IOException {
    try (var in = files.open(part.getPath())) {
      Files.copy(in, target.resolve(part.getPath().getName()));
    }
  }

  private void header(FileStatus part, Path target) throws IOException {
    long length = part.getLen();
    try (var in = files.open(part.getPath());
        var out = new RandomAccessFile(target.resolve(part.getPath().getName()).toFile(), "rw")) {
      byte[] prefix = in.readNBytes((int) Math.min(PREFIX, length));
      out.write(prefix);
      // A length that the file cannot hold is told by whoever reads the outline.
      if (prefix.length == PREFIX) {
        long header = ByteBuffer.wrap(prefix).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (header >= 0 && header <= Math.min(Integer.MAX_VALUE, length - PREFIX)) {
          out.write(in.readNBytes((int) header));
        }
      }
      out.setLength(length);
    }
  }
}
