package dev.annulus.trainer.merge;

import dev.annulus.trainer.huggingface.WeightFiles;
import java.util.HashMap;
import java.util.Map;

/** Model folders that one task reads, each mapped once, and let go with the task. */
final class OpenFolders implements AutoCloseable {
  private final Map<String, WeightFiles> open = new HashMap<>();

  /** A tensor of a folder. */
  StoredElements tensor(String folder, String name) {
    return StoredElements.of(
        open.computeIfAbsent(folder, path -> WeightFiles.open(java.nio.file.Path.of(path))), name);
  }

  @Override
  public void close() {
    open.values().forEach(WeightFiles::close);
  }
}
