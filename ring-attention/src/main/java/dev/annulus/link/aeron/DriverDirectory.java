package dev.annulus.link.aeron;

import dev.annulus.link.TransportUnavailableException;
import io.aeron.CncFileDescriptor;
import io.aeron.CommonContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.agrona.IoUtil;

/**
 * Where the files of a media driver lie: /dev/shm if it has room, else the temporary directory,
 * which is slower. Directories are named for their process, and those of processes that died
 * without cleaning up are removed.
 */
final class DriverDirectory {
  private static final System.Logger LOG = System.getLogger(DriverDirectory.class.getName());
  private static final String ID_FILE = "annulus.id";
  private static final String PREFIX = "annulus-";
  private static final Pattern NAME = Pattern.compile(PREFIX + "(\\d{1,18})-\\d{1,9}");
  private static final AtomicInteger COUNT = new AtomicInteger();

  private DriverDirectory() {}

  /** The places in the order of preference. */
  static List<Path> bases() {
    return List.of(Path.of("/dev/shm"), Path.of(System.getProperty("java.io.tmpdir")));
  }

  /** A new name in the first place that has room; also clears away what dead processes left. */
  static Path choose(long neededBytes) {
    return choose(bases(), neededBytes);
  }

  static Path choose(List<Path> bases, long neededBytes) {
    StringBuilder found = new StringBuilder();
    for (Path base : bases) {
      if (!Files.isWritable(base)) {
        found.append("; ").append(base).append(" is missing or not writable");
        continue;
      }
      sweep(base);
      long free = freeBytes(base);
      if (free >= neededBytes) {
        long pid = ProcessHandle.current().pid();
        return base.resolve(PREFIX + pid + "-" + COUNT.incrementAndGet());
      }
      found.append("; ").append(base).append(" has ").append(free >> 20).append(" MiB free");
    }
    throw new TransportUnavailableException(
        "Aeron needs %d MiB for its files%s. Make one larger (docker: --shm-size), or set a smaller transport.term_length"
            .formatted(neededBytes >> 20, found));
  }

  static long freeBytes(Path base) {
    try {
      return Files.getFileStore(base).getUsableSpace();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the free space of " + base, e);
    }
  }

  /** Writes into a driver's directory which driver it is of. */
  static void sign(Path directory, UUID driver) {
    try {
      Files.writeString(directory.resolve(ID_FILE), driver.toString());
    } catch (IOException e) {
      throw new TransportUnavailableException("cannot write in " + directory, e);
    }
  }

  /**
   * Whether a directory of this machine is that of a running driver, and open to this process. On
   * another machine, or in another container, the same path is another directory or none.
   */
  static boolean isOf(Path directory, UUID driver) {
    Path id = directory.resolve(ID_FILE);
    try {
      return Files.isReadable(id)
          && Files.isWritable(directory.resolve(CncFileDescriptor.CNC_FILE))
          && Files.readString(id).equals(driver.toString())
          && CommonContext.isDriverActive(
              directory.toFile(), Liveness.DRIVER_TIMEOUT_MS, message -> {});
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "no shared memory with " + directory, e);
      return false;
    }
  }

  /** Deletes a directory and all in it. */
  static void delete(Path directory) {
    IoUtil.delete(directory.toFile(), true);
  }

  private static void sweep(Path base) {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(base, PREFIX + "*")) {
      for (Path entry : entries) {
        if (isAbandoned(entry)) {
          delete(entry);
        }
      }
    } catch (IOException | RuntimeException e) {
      // Another process may be clearing away the same: never a reason not to start.
      LOG.log(System.Logger.Level.DEBUG, "could not clear away what is left in " + base, e);
    }
  }

  /**
   * Whether its process is dead, and its driver too: another container's processes may be invisible
   * here while the directory is shared.
   */
  private static boolean isAbandoned(Path directory) {
    Matcher matcher = NAME.matcher(directory.getFileName().toString());
    return matcher.matches()
        && Files.isDirectory(directory)
        && Files.isWritable(directory)
        && ProcessHandle.of(Long.parseLong(matcher.group(1))).isEmpty()
        && !CommonContext.isDriverActive(
            directory.toFile(), Liveness.DRIVER_TIMEOUT_MS, message -> {});
  }
}
