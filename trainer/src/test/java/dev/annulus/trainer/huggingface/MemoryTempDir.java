package dev.annulus.trainer.huggingface;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDirFactory;

/**
 * Temporary folders in memory where the system has such a file system, as Linux has. For tests that
 * write many small things durably: forcing them to a disk takes longer than all the rest.
 */
public final class MemoryTempDir implements TempDirFactory {
  private static final Path IN_MEMORY = Path.of("/dev/shm");

  /** Used by JUnit. */
  public MemoryTempDir() {}

  @Override
  public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext extension)
      throws IOException {
    return Files.isWritable(IN_MEMORY)
        ? Files.createTempDirectory(IN_MEMORY, "junit-")
        : Files.createTempDirectory("junit-");
  }
}
