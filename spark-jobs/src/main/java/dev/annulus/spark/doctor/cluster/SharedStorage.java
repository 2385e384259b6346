package dev.annulus.spark.doctor.cluster;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.CRC32C;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A folder that all workers should see: one writes a file there, all read it, and everything that
 * was made is deleted. A file system that does not answer is given up after a while: its call may
 * hang for ever, so it is made on a thread of its own.
 */
final class SharedStorage {
  static final int BYTES = 16 << 20;

  private final String folder;
  private final String name;
  private final Configuration hadoop;
  private final long deadlineMs;
  private final List<Path> made = new ArrayList<>();

  /**
   * @param folder for example {@code /runs/one} or {@code hdfs://name/runs/one}; need not exist
   * @param name of the file, other than that of any other check
   */
  SharedStorage(String folder, String name, Configuration hadoop, long deadlineMs) {
    this.folder = folder;
    this.name = name;
    this.hadoop = hadoop;
    this.deadlineMs = deadlineMs;
  }

  /** Writes the file; gives the seconds. */
  double write() throws IOException {
    return within(
        "writing",
        () -> {
          FileSystem files = files();
          Path parent = files.makeQualified(new Path(folder));
          for (Path up = parent; up != null && !files.exists(up); up = up.getParent()) {
            made.add(up);
          }
          if (!made.isEmpty()) {
            files.mkdirs(parent);
          }
          long start = System.nanoTime();
          made.addFirst(new Path(parent, name));
          try (var out = files.create(new Path(parent, name), false)) {
            out.write(content());
            out.hsync();
          }
          return (System.nanoTime() - start) / 1e9;
        });
  }

  /** Reads the file and compares it; gives the seconds. */
  double read() throws IOException {
    return within(
        "reading",
        () -> {
          long start = System.nanoTime();
          byte[] found;
          try (var in = files().open(new Path(folder, name))) {
            found = in.readAllBytes();
          }
          double seconds = (System.nanoTime() - start) / 1e9;
          if (found.length != BYTES || sum(found) != sum(content())) {
            throw new IOException(
                "read %d bytes that are not the %d that were written"
                    .formatted(found.length, BYTES));
          }
          return seconds;
        });
  }

  /** Deletes the file, and the folders that were made for it. */
  void delete() throws IOException {
    within(
        "deleting",
        () -> {
          FileSystem files = files();
          for (Path path : made) {
            if (files.exists(path)) {
              files.delete(path, false);
            }
          }
          made.clear();
          return 0.0;
        });
  }

  private FileSystem files() throws IOException {
    return FileSystem.get(URI.create(new Path(folder).toString()), hadoop);
  }

  private byte[] content() {
    byte[] content = new byte[BYTES];
    new SplittableRandom(name.hashCode()).nextBytes(content);
    return content;
  }

  private static long sum(byte[] bytes) {
    CRC32C sum = new CRC32C();
    sum.update(bytes);
    return sum.getValue();
  }

  private double within(String what, Callable<Double> work) throws IOException {
    CompletableFuture<Double> result = new CompletableFuture<>();
    Thread.ofPlatform()
        .name("annulus-storage")
        .daemon(true)
        .start(
            () -> {
              try {
                result.complete(work.call());
              } catch (Exception e) {
                result.completeExceptionally(e);
              }
            });
    try {
      return result.get(deadlineMs, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IOException(what + " failed: " + e.getCause().getMessage(), e.getCause());
    } catch (TimeoutException e) {
      throw new IOException(what + " did not end within " + deadlineMs / 1000 + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(what + " was interrupted", e);
    }
  }
}
