package dev.annulus.spark.command;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What this process holds, after a garbage collection.
 *
 * @param heap bytes in use
 * @param direct bytes of direct and mapped buffers
 * @param anonymous bytes of memory that no file stands behind: heap, off-heap tensors, the JVM's
 *     own
 * @param sharedBytes in {@code /dev/shm}, of this process's folders
 * @param sharedFiles the same
 * @param threads that live
 * @param descriptors that are open
 */
record ProcessFootprint(
    long heap,
    long direct,
    long anonymous,
    long sharedBytes,
    int sharedFiles,
    int threads,
    int descriptors) {
  private static final Path SHARED = Path.of("/dev/shm");

  static boolean canBeTaken() {
    return Files.isDirectory(Path.of("/proc/self/fd")) && Files.isDirectory(SHARED);
  }

  static ProcessFootprint take() {
    System.gc();
    long buffers = 0;
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      buffers += pool.getMemoryUsed();
    }
    List<Path> shared = sharedFilesOfThisProcess();
    return new ProcessFootprint(
        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
        buffers,
        anonymousBytes(),
        shared.stream().mapToLong(ProcessFootprint::size).sum(),
        shared.size(),
        ManagementFactory.getThreadMXBean().getThreadCount(),
        count(Path.of("/proc/self/fd")));
  }

  /** Of the workers' transport: its folders are called after the process. */
  static List<Path> sharedFilesOfThisProcess() {
    String own = "annulus-" + ProcessHandle.current().pid() + "-";
    try (Stream<Path> folders = Files.list(SHARED)) {
      return folders
          .filter(folder -> folder.getFileName().toString().startsWith(own))
          .flatMap(ProcessFootprint::files)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Stream<Path> files(Path folder) {
    try (Stream<Path> walk = Files.walk(folder)) {
      return walk.filter(Files::isRegularFile).toList().stream();
    } catch (IOException | UncheckedIOException e) {
      return Stream.empty(); // gone meanwhile
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      return 0; // gone meanwhile
    }
  }

  private static int count(Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      return (int) entries.count();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long anonymousBytes() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
          .filter(line -> line.startsWith("RssAnon:"))
          .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
          .sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A row of a table. */
  String row(long step) {
    return String.format(
        Locale.ROOT,
        "| %d | %.1f | %.1f | %.1f | %.1f | %d | %d | %d |",
        step,
        heap / 1e6,
        direct / 1e6,
        anonymous / 1e6,
        sharedBytes / 1e6,
        sharedFiles,
        threads,
        descriptors);
  }
}
