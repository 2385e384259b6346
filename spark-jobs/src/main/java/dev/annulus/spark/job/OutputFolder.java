package dev.annulus.spark.job;

import dev.annulus.config.InvalidInputException;
import dev.annulus.spark.storage.Location;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether a run can write where it is told to, found out before it has worked for it. */
final class OutputFolder {
  private OutputFolder() {}

  /**
   * Looks at a folder on this machine that may not be there yet; one of another file system is left
   * to who writes it.
   *
   * @param key that names it in the configuration
   * @throws InvalidInputException if it cannot be a folder, or not be written to
   */
  static void require(String key, String location) {
    if (Location.isRemote(location)) {
      return;
    }
    Path folder = Location.local(location).toAbsolutePath().normalize();
    Path nearest = folder;
    while (!Files.exists(nearest) && nearest.getParent() != null) {
      nearest = nearest.getParent();
    }
    if (!Files.isDirectory(nearest)) {
      throw new InvalidInputException(
          key, location + ", where " + nearest + " is a file", "a folder, or a place for one");
    }
    if (!Files.isWritable(nearest)) {
      throw new InvalidInputException(
          key, location + ", where " + nearest + " is not writable", "a folder to write to");
    }
  }
}
