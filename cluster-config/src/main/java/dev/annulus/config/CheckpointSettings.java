package dev.annulus.config;

/**
 * {@code checkpoint:} when a run can be continued from, and how long shared storage may take.
 *
 * @param everySteps default 50; 0 means only at the end of a stage
 * @param keep how many of the newest are kept; default 2
 * @param storageTimeoutSeconds how long one call of a file system that is not mounted may take
 *     without a byte getting on; default 120
 * @param storageTries how often such a call is made before it has failed; default 3
 */
public record CheckpointSettings(
    int everySteps, int keep, int storageTimeoutSeconds, int storageTries) {
  static final int STORAGE_TIMEOUT_SECONDS = 120;
  static final int STORAGE_TRIES = 3;

  /** With the defaults of storage. */
  public CheckpointSettings(int everySteps, int keep) {
    this(everySteps, keep, STORAGE_TIMEOUT_SECONDS, STORAGE_TRIES);
  }
}
