package dev.annulus.spark.storage;

import dev.annulus.trainer.checkpoint.CheckpointFile;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A folder on a file system that Hadoop knows. Names are relative to it, with '/'. Nothing here
 * needs a rename of a folder, an append, or a listing that is up to date.
 */
public final class RemoteFolder {
  /**
   * What is read or written in one call: small enough that a slow network has a call done in time.
   */
  private static final int CHUNK = 1 << 20;

  private final FileSystem files;
  private final Path root;
  private final StorageCalls calls;

  private RemoteFolder(FileSystem files, Path root, StorageCalls calls) {
    this.files = files;
    this.root = root;
    this.calls = calls;
  }

  /**
   * Finds the file system; the folder need not be there.
   *
   * @throws IOException if Hadoop has no such file system here, or it cannot be reached
   */
  public static RemoteFolder of(String location, Configuration hadoop, StorageCalls calls)
      throws IOException {
    return calls.once(
        "opening the file system of " + location,
        () -> {
          Path root = new Path(location);
          FileSystem files = root.getFileSystem(hadoop);
          // The plain local file system: the one above it scatters .crc files.
          FileSystem plain =
              files instanceof LocalFileSystem local ? local.getRawFileSystem() : files;
          return new RemoteFolder(plain, plain.makeQualified(root), calls);
        });
  }

  /** A folder below. */
  RemoteFolder below(String name) {
    return new RemoteFolder(files, path(name), calls);
  }

  StorageCalls calls() {
    return calls;
  }

  private Path path(String name) {
    return name.isEmpty() ? root : new Path(root, name);
  }

  /** For messages. */
  public String place(String name) {
    return path(name).toString();
  }

  /** Names of the files and folders in a folder; none if there is no such folder. */
  List<String> names(String folder) throws IOException {
    try {
      FileStatus[] found =
          calls.retried("listing " + place(folder), () -> files.listStatus(path(folder)));
      return Arrays.stream(found).map(status -> status.getPath().getName()).toList();
    } catch (FileNotFoundException e) {
      return List.of();
    }
  }

  /** Bytes of a file; empty if there is none. */
  OptionalLong size(String name) throws IOException {
    try {
      FileStatus status =
          calls.retried("looking for " + place(name), () -> files.getFileStatus(path(name)));
      return status.isFile() ? OptionalLong.of(status.getLen()) : OptionalLong.empty();
    } catch (FileNotFoundException e) {
      return OptionalLong.empty();
    }
  }

  /** Whether there is such a file or folder; with an empty name, whether the folder itself is. */
  public boolean exists(String name) throws IOException {
    return calls.retried("looking for " + place(name), () -> files.exists(path(name)));
  }

  /** The whole of a small file. */
  byte[] read(String name) throws IOException {
    return calls.retried(
        "reading " + place(name),
        () -> {
          try (InputStream in = files.open(path(name))) {
            return in.readAllBytes();
          }
        });
  }

  /** The first bytes of a file; fewer if it has not so many. */
  byte[] head(String name, int count) throws IOException {
    return calls.retried(
        "reading " + place(name),
        () -> {
          try (InputStream in = files.open(path(name))) {
            return in.readNBytes(count);
          }
        });
  }

  /** Copies a file, by chunks; what was written of it when that fails is written again. */
  void fetch(String name, Target target) throws IOException {
    calls.attempts(
        number -> {
          try (OutputStream out = target.open();
              Reading in = new Reading(name)) {
            byte[] chunk = new byte[CHUNK];
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
              out.write(chunk, 0, count);
            }
          }
          return true;
        });
  }

  /** Where a copy goes; opened anew for each try. */
  @FunctionalInterface
  interface Target {
    OutputStream open() throws IOException;
  }

  private final class Reading implements AutoCloseable {
    private final String what;
    private final FSDataInputStream in;

    Reading(String name) throws IOException {
      what = "reading " + place(name);
      in = calls.once(what, () -> files.open(path(name)));
    }

    int read(byte[] chunk) throws IOException {
      return calls.once(what, () -> in.read(chunk, 0, chunk.length));
    }

    @Override
    public void close() throws IOException {
      calls.once(
          what,
          () -> {
            in.close();
            return true;
          });
    }
  }

  /**
   * Writes a file that nobody looks for yet, over one that may be there. When it returns, the file
   * system says that it has all of it.
   *
   * @param content asked again for each try, by the calling thread
   */
  void write(String name, CheckpointFile.Content content) throws IOException {
    calls.attempts(
        number -> {
          // Never made over another: a call that was given up and comes late must not empty it.
          deleteFile(name);
          long written = RemoteOutput.write(files, path(name), calls, CHUNK, content);
          requireSize(name, written);
          return true;
        });
  }

  private void requireSize(String name, long written) throws IOException {
    long kept = size(name).orElse(-1);
    if (kept != written) {
      throw new IOException(
          "%s has %s of the %d bytes that were written to it"
              .formatted(place(name), kept < 0 ? "none" : Long.toString(kept), written));
    }
  }

  /**
   * Writes a small file that counts from the moment it has its name: its rename is the commit.
   *
   * @throws IOException if it does not lie there; a file of that name before may be gone then, and
   *     the new one lies whole where {@link #readPublished} finds it
   */
  void publish(String name, byte[] bytes) throws IOException {
    int last =
        calls.attempts(
            number -> {
              if (number == 0 || !isThere(name, bytes)) {
                publish(name, bytes, aside(name, number));
              }
              return number;
            });
    for (int number = 0; number <= last; number++) {
      deleteFile(aside(name, number));
    }
  }

  /**
   * The same where the file is taken away by whoever sees it: nothing is looked at once it has its
   * name but whether the other name is gone.
   */
  void publishLast(String name, byte[] bytes) throws IOException {
    calls.attempts(
        number -> {
          if (number > 0 && !exists(aside(name, number - 1))) {
            return true;
          }
          String aside = aside(name, number);
          write(aside, CheckpointFile.of(name, bytes).content());
          deleteFile(name);
          boolean renamed =
              calls.once("renaming " + place(aside), () -> files.rename(path(aside), path(name)));
          if (exists(aside)) {
            throw notRenamed(aside, name, renamed);
          }
          return true;
        });
  }

  private void publish(String name, byte[] bytes, String aside) throws IOException {
    write(aside, CheckpointFile.of(name, bytes).content());
    deleteFile(name);
    boolean renamed =
        calls.once("renaming " + place(aside), () -> files.rename(path(aside), path(name)));
    // Some say so though nothing, or not all of it, was done.
    if (!isThere(name, bytes)) {
      throw notRenamed(aside, name, renamed);
    }
  }

  private IOException notRenamed(String from, String to, boolean said) {
    return new IOException(
        "%s could not be renamed to %s (the file system says %s)"
            .formatted(place(from), place(to), said ? "it was" : "no"));
  }

  private boolean isThere(String name, byte[] bytes) throws IOException {
    return size(name).orElse(-1) == bytes.length && Arrays.equals(read(name), bytes);
  }

  /**
   * Under which name a file is written before it counts: each try has its own, so that a rename
   * which was given up and comes late moves a whole file.
   */
  private static String aside(String name, int number) {
    int slash = name.lastIndexOf('/') + 1;
    String file = "." + name.substring(slash) + ".partial" + (number == 0 ? "" : "-" + number);
    return name.substring(0, slash) + file;
  }

  /** A file that was published, also by somebody who was killed in the middle of that. */
  byte[] readPublished(String name) throws IOException {
    if (size(name).isEmpty()) {
      // The old file goes when the new one lies whole under its other name.
      for (int number = calls.tries() - 1; number >= 0; number--) {
        if (size(aside(name, number)).isPresent()) {
          return read(aside(name, number));
        }
      }
    }
    return read(name);
  }

  /** Gives a file another name, which nothing has. */
  void renameFile(String from, String to) throws IOException {
    calls.attempts(
        number -> {
          boolean renamed =
              exists(from)
                  && calls.once(
                      "renaming " + place(from), () -> files.rename(path(from), path(to)));
          if (exists(from) || !exists(to)) {
            throw notRenamed(from, to, renamed);
          }
          return true;
        });
  }

  /** Deletes a file, if it is there: a call that was given up and comes late finds nothing else. */
  void deleteFile(String name) throws IOException {
    if (exists(name)) {
      calls.retried("deleting " + place(name), () -> files.delete(path(name), false));
    }
  }

  /** Deletes a folder with all that is in it, if it is there. */
  void deleteTree(String name) throws IOException {
    calls.attempts(
        number -> {
          if (exists(name)) {
            calls.once("deleting " + place(name), () -> files.delete(path(name), true));
            if (exists(name)) {
              throw new IOException(place(name) + " is still there when it was deleted");
            }
          }
          return true;
        });
  }
}
