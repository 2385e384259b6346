package dev.annulus.trainer.checkpoint;

import java.util.List;

/**
 * Where the checkpoints of one run lie. A checkpoint is complete or it does not exist: what {@link
 * #steps} lists was written whole, and {@link #read} hands out only what still is.
 *
 * <p>A checkpoint is written by all ranks: rank 0 {@linkplain #prepare prepares} it, then each
 * {@linkplain #writePart writes its part}, then rank 0 {@linkplain #commit completes} it. All see
 * the same files.
 */
public interface CheckpointStore {
  /** For messages to people. */
  String location();

  /** Steps of the complete checkpoints, newest first. Folders without a manifest do not count. */
  List<Long> steps();

  /**
   * Makes room for a checkpoint, and deletes what killed writers left of it. By one rank, before
   * any other writes a part. A store that cannot put one folder in the place of another deletes a
   * complete checkpoint of the same step.
   *
   * @throws CheckpointException if that is not possible
   */
  void prepare(long step);

  /**
   * Writes files of a checkpoint that was prepared; when it returns they are on the disk and will
   * stay there.
   *
   * @param part who writes, from 0; two parts share no file
   * @throws CheckpointException if they could not be written
   */
  void writePart(long step, int part, List<CheckpointFile> files);

  /** Whether each of the first {@code parts} parts was written; for the rank that completes. */
  boolean hasParts(long step, int parts);

  /**
   * Completes a checkpoint of which all parts were written: it appears, in place of one of the same
   * step.
   *
   * @throws CheckpointException if it could not be written; nothing of it is left then
   */
  void commit(long step, int parts);

  /** Deletes what there is of a checkpoint that will not be completed; nobody writes to it. */
  void abandon(long step);

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
