package dev.annulus.spark.storage;

import java.io.IOException;
import java.time.Duration;

/** A call of a file system was not answered in time. */
final class StorageStalledException extends IOException {
  private static final long serialVersionUID = 1L;

  StorageStalledException(String what, Duration deadline) {
    super(
        what
            + ": not answered within "
            + (deadline.toMillis() < 1000
                ? deadline.toMillis() + " ms"
                : deadline.toSeconds() + " s")
            + " (checkpoint.storage_timeout_seconds)");
  }
}
