package dev.annulus.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * How much memory of the host can still be taken, as Linux says: what is free or holds nothing but
 * file caches, and no more than the control group of the process may have.
 */
public final class HostCapacity {
  private final Path memoryInfo;
  private final Path controlGroup;

  /** Of this host. */
  public HostCapacity() {
    this(Path.of("/proc/meminfo"), Path.of("/sys/fs/cgroup"));
  }

  /**
   * Of files like those of a host.
   *
   * @param controlGroup folder of the group, of version 2
   */
  HostCapacity(Path memoryInfo, Path controlGroup) {
    this.memoryInfo = memoryInfo;
    this.controlGroup = controlGroup;
  }

  /** Bytes; {@link Long#MAX_VALUE} where nobody says. */
  public long availableBytes() {
    return Math.min(ofHost(), ofGroup());
  }

  private long ofHost() {
    for (String line : lines(memoryInfo)) {
      String[] words = line.trim().split("\\s+", -1);
      if (words.length >= 2 && words[0].equals("MemAvailable:")) {
        OptionalLong kibibytes = number(words[1]);
        return kibibytes.isPresent() ? kibibytes.getAsLong() << 10 : Long.MAX_VALUE;
      }
    }
    return Long.MAX_VALUE;
  }

  /** Its limit less what it has, caches of files not counted. */
  private long ofGroup() {
    OptionalLong limit = first("memory.max"); // "max" is no number: no limit
    OptionalLong used = first("memory.current");
    if (limit.isEmpty() || used.isEmpty()) {
      return Long.MAX_VALUE;
    }
    long caches = 0;
    for (String line : lines(controlGroup.resolve("memory.stat"))) {
      String[] words = line.trim().split("\\s+", -1);
      if (words.length == 2 && words[0].equals("inactive_file")) {
        caches = number(words[1]).orElse(0);
      }
    }
    return Math.max(0, limit.getAsLong() - Math.max(0, used.getAsLong() - caches));
  }

  private OptionalLong first(String file) {
    List<String> lines = lines(controlGroup.resolve(file));
    return lines.isEmpty() ? OptionalLong.empty() : number(lines.getFirst().trim());
  }

  private static OptionalLong number(String text) {
    try {
      return OptionalLong.of(Long.parseLong(text));
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  /** None where there is no such file. */
  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of();
    }
  }
}
