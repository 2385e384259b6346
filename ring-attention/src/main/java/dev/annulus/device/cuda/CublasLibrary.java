package dev.annulus.device.cuda;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The host's cublasLt: by name where the loader looks, then where CUDA's packages put it.
 *
 * @param name as it was opened
 */
record CublasLibrary(String name, SymbolLookup lookup) {
  /** Names a library outright. */
  static final String PROPERTY = "annulus.cublaslt";

  private static final Set<Long> MAJOR_VERSIONS = Set.of(12L, 13L);
  private static final List<String> NAMES = List.of("libcublasLt.so.13", "libcublasLt.so.12");
  private static final List<String> FOLDERS =
      List.of("lib64", "targets/x86_64-linux/lib", "targets/sbsa-linux/lib", "lib");

  /**
   * The first that opens.
   *
   * @param arena the library stays open as long as it
   * @throws CudaUnavailableException if none does
   */
  static CublasLibrary find(Arena arena) {
    String given = System.getProperty(PROPERTY);
    List<String> candidates = given == null ? candidates() : List.of(given);
    for (String candidate : candidates) {
      try {
        return new CublasLibrary(candidate, SymbolLookup.libraryLookup(candidate, arena));
      } catch (IllegalArgumentException e) {
        // Not there, or of another machine: the next.
      }
    }
    throw new CudaUnavailableException(
        "cublasLt was not found (" + String.join(", ", candidates) + ")",
        "install cuBLAS of CUDA 12 or 13, or say -D" + PROPERTY + "=/path/to/libcublasLt.so.13",
        null);
  }

  /**
   * Refuses a library whose calls are not known here.
   *
   * @param version as the library says: 10000 * major + 100 * minor + patch
   * @throws CudaUnavailableException if it is not of CUDA 12 or 13
   */
  static void requireKnown(String name, long version) {
    long major = version / 10_000;
    if (!MAJOR_VERSIONS.contains(major)) {
      throw new CudaUnavailableException(
          "%s is of CUDA %d".formatted(name, major),
          "install cuBLAS of CUDA 12 or 13, or say -D" + PROPERTY + "=/path/to/libcublasLt.so.13",
          null);
    }
  }

  private static List<String> candidates() {
    List<String> candidates = new ArrayList<>(NAMES);
    for (Path root : roots()) {
      for (String folder : FOLDERS) {
        for (String name : NAMES) {
          Path file = root.resolve(folder).resolve(name);
          if (Files.exists(file)) {
            candidates.add(file.toString());
          }
        }
      }
    }
    return candidates;
  }

  private static List<Path> roots() {
    List<Path> roots = new ArrayList<>();
    String home = System.getenv("CUDA_HOME");
    if (home != null) {
      roots.add(Path.of(home));
    }
    try (DirectoryStream<Path> installed =
        Files.newDirectoryStream(Path.of("/usr/local"), "cuda*")) {
      installed.forEach(roots::add);
    } catch (IOException e) {
      // There is no such folder: the names alone must do.
    }
    return roots;
  }
}
