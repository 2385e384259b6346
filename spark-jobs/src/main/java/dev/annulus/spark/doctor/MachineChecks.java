package dev.annulus.spark.doctor;

import com.sun.management.OperatingSystemMXBean;
import dev.annulus.spark.console.Units;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Java, processors, memory, disk, GPU. */
final class MachineChecks {
  private static final long LOW_MEMORY = 6_000_000_000L;
  private static final long LOW_DISK = 2_000_000_000L;

  private MachineChecks() {}

  static List<Finding> all() {
    List<Finding> findings = new ArrayList<>();
    findings.add(
        Finding.ok(
            "Java",
            Runtime.version() + ", " + System.getProperty("java.vendor", "unknown vendor")));
    findings.add(
        Finding.ok("processors", Runtime.getRuntime().availableProcessors() + " available"));
    findings.add(memory());
    findings.add(disk());
    return findings;
  }

  private static Finding memory() {
    long bytes =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    String found =
        Units.bytes(bytes)
            + ", of which "
            + Units.bytes(Runtime.getRuntime().maxMemory())
            + " for the heap";
    return bytes < LOW_MEMORY
        ? Finding.note("memory", found, "the quickstart wants 6 GB")
        : Finding.ok("memory", found);
  }

  private static Finding disk() {
    Path here = Path.of("").toAbsolutePath();
    try {
      FileStore store = Files.getFileStore(here);
      String found = Units.bytes(store.getUsableSpace()) + " free here";
      return store.getUsableSpace() < LOW_DISK
          ? Finding.note("disk", found, "checkpoints hold three times the model in float32")
          : Finding.ok("disk", found);
    } catch (IOException e) {
      return Finding.note("disk", "unknown: " + e.getMessage(), "see that run.output_dir has room");
    }
  }
}
