package dev.annulus.trainer.checkpoint;

import java.nio.file.Path;

/** Takes what it needs from a verified local folder. */
@FunctionalInterface
public interface FolderReader<T> {
  /** The folder is valid only during the call. */
  T read(Path folder);
}
