package dev.annulus.data.parquet;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A folder on any file system that Hadoop knows; a path without a scheme is on the default one.
 *
 * @param fileSystem shared by the whole JVM, so it is never closed here
 * @param path qualified
 */
record DataFolder(FileSystem fileSystem, Path path) {
  static DataFolder of(String location, Configuration conf) {
    try {
      Path path = new Path(location);
      FileSystem fileSystem = path.getFileSystem(conf);
      // The plain local file system: the one above it scatters .crc files.
      FileSystem plain =
          fileSystem instanceof LocalFileSystem local ? local.getRawFileSystem() : fileSystem;
      return new DataFolder(plain, plain.makeQualified(path));
    } catch (IOException e) {
      throw new UncheckedIOException("opening the file system of " + location, e);
    }
  }

  /** A folder beside this one. */
  DataFolder sibling(String name) {
    return new DataFolder(fileSystem, new Path(path.getParent(), name));
  }

  Path file(String name) {
    return new Path(path, name);
  }

  /** For messages: a local path as people write it, else the URI. */
  String place(String name) {
    Path file = name.isEmpty() ? path : file(name);
    return "file".equals(file.toUri().getScheme()) ? file.toUri().getPath() : file.toString();
  }

  boolean exists() throws IOException {
    return fileSystem.exists(path);
  }

  /** The file's bytes; {@link FileNotFoundException} if there is none. */
  byte[] read(String name) throws IOException {
    try (InputStream in = fileSystem.open(file(name))) {
      return in.readAllBytes();
    }
  }

  /** Writes a new file and has the disk keep it. */
  void write(String name, byte[] bytes) throws IOException {
    try (FSDataOutputStream out = fileSystem.create(file(name), false)) {
      out.write(bytes);
      out.hsync();
    } catch (FSError e) {
      throw new IOException(e.getCause());
    }
  }

  /** Size of a file in bytes, or -1. */
  long size(String name) throws IOException {
    try {
      return fileSystem.getFileStatus(file(name)).getLen();
    } catch (FileNotFoundException e) {
      return -1;
    }
  }

  void delete() throws IOException {
    fileSystem.delete(path, true);
  }

  /** Gives the folder another name, which nothing has. */
  void renameTo(DataFolder other) throws IOException {
    if (!fileSystem.rename(path, other.path)) {
      throw new IOException("cannot rename " + path + " to " + other.path);
    }
  }

  /** Gives a file here another name, which nothing has. */
  void rename(String name, String to) throws IOException {
    if (!fileSystem.rename(file(name), file(to))) {
      throw new IOException("cannot rename " + file(name) + " to " + to);
    }
  }

  /** Deletes the files here that are not named. */
  void deleteAllBut(List<String> names) throws IOException {
    Set<String> kept = Set.copyOf(names);
    for (FileStatus status : fileSystem.listStatus(path)) {
      if (!kept.contains(status.getPath().getName())) {
        fileSystem.delete(status.getPath(), false);
      }
    }
  }

  /** Folders beside this one whose names begin and end so. */
  List<DataFolder> siblings(String prefix, String suffix) throws IOException {
    List<DataFolder> found = new ArrayList<>();
    if (fileSystem.exists(path.getParent())) {
      for (FileStatus status : fileSystem.listStatus(path.getParent())) {
        String name = status.getPath().getName();
        if (status.isDirectory() && name.startsWith(prefix) && name.endsWith(suffix)) {
          found.add(sibling(name));
        }
      }
    }
    return found;
  }
}
