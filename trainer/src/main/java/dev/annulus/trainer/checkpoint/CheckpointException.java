package dev.annulus.trainer.checkpoint;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NotDirectoryException;
import java.util.Set;

/** A checkpoint or result could not be written: a full disk, a lost mount, missing rights. */
public final class CheckpointException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What the system says where Java has no class of its own for it. */
  private static final Set<String> LASTING =
      Set.of(
          "No space left on device",
          "Disk quota exceeded",
          "Read-only file system",
          "Not a directory");

  public CheckpointException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Whether somebody must make room or give rights first: trying again would end the same. */
  public boolean isLasting() {
    for (Throwable t = getCause(); t != null; t = t.getCause()) {
      String message = String.valueOf(t.getMessage());
      if (t instanceof AccessDeniedException
          || t instanceof FileAlreadyExistsException
          || t instanceof NotDirectoryException
          || LASTING.stream().anyMatch(message::endsWith)) {
        return true;
      }
    }
    return false;
  }
}
