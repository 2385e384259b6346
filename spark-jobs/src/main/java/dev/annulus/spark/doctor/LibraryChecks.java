package dev.annulus.spark.doctor;

import dev.annulus.data.tokenizer.Tokenizers;
import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.device.cpu.OpenBlasException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** Spark and the native libraries, by loading them. */
final class LibraryChecks {
  private LibraryChecks() {}

  static List<Finding> all() {
    List<Finding> findings = new ArrayList<>();
    findings.add(spark());
    findings.add(cpu());
    findings.add(tokenizers());
    return findings;
  }

  private static Finding spark() {
    return Finding.ok("Spark", org.apache.spark.package$.MODULE$.SPARK_VERSION());
  }

  private static Finding cpu() {
    try (CpuDevice device = new CpuDevice(Runtime.getRuntime().availableProcessors())) {
      return Finding.ok("CPU", device.describe());
    } catch (OpenBlasException e) {
      return Finding.missing(
          "CPU",
          e.getMessage(),
          "Linux on x86-64 with glibc, and room in the home directory's cache");
    }
  }

  /** The byte tokeniser written out and read back by the native library. */
  private static Finding tokenizers() {
    Path folder = null;
    try {
      folder = Files.createTempDirectory("annulus-doctor");
      try (var bytes = Tokenizers.load("bytes")) {
        bytes.save(folder);
      }
      // The file as written would be recognised, and the library not asked.
      Files.writeString(folder.resolve("tokenizer.json"), "\n", StandardOpenOption.APPEND);
      try (var library = Tokenizers.load(folder.toString())) {
        return library.encode("ring").length == 4
            ? Finding.ok("tokenizers", "the library that reads tokenizer.json works")
            : Finding.missing("tokenizers", "the library gives wrong ids", "report this");
      }
    } catch (IOException | RuntimeException | LinkageError e) {
      return Finding.missing(
          "tokenizers",
          String.valueOf(e.getMessage()),
          "Linux on x86-64 with glibc; a writable temporary folder");
    } finally {
      delete(folder);
    }
  }

  private static void delete(Path folder) {
    if (folder != null) {
      try (var files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
        Files.delete(folder);
      } catch (IOException e) {
        System.err.println("warning: " + folder + " was not deleted: " + e.getMessage());
      }
    }
  }
}
