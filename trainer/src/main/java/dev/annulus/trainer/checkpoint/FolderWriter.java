package dev.annulus.trainer.checkpoint;

import java.io.IOException;
import java.nio.file.Path;

/** Fills a fresh local folder. */
@FunctionalInterface
public interface FolderWriter {
  /** Writes files into {@code folder}, which exists and is empty. */
  void write(Path folder) throws IOException;
}
