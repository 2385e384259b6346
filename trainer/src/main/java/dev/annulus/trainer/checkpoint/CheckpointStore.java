package dev.annulus.trainer.checkpoint;

import java.util.List;

/**
 * Where the checkpoints of one run lie. A checkpoint is complete or it does not exist: what {@link
 * #steps} lists was written whole, and {@link #read} hands out only what still is.
 */
public interface CheckpointStore {
  /** For messages to people. */
  String location();

  /** Steps of the complete checkpoints, newest first. Folders without a manifest do not count. */
  List<Long> steps();

  /**
   * Makes a checkpoint of what {@code content} writes, in place of one of the same step.
   *
   * @throws CheckpointException if it could not be written; nothing of it is left then
   */
  void save(long step, FolderWriter content);

  /**
   * Verifies every checksum, then reads.
   *
   * @throws DamagedCheckpointException if a file is missing, too long, too short or altered
   */
  <T> T read(long step, FolderReader<T> reader) throws DamagedCheckpointException;

  /** Takes a damaged checkpoint out of {@link #steps}, keeping its files for inspection. */
  void setAside(long step);

  /** Deletes all but the {@code count} newest. */
  void keepNewest(int count);
}
