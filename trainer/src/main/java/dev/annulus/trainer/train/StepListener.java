package dev.annulus.trainer.train;

/**
 * Told what happens in a run, on every rank, on the worker's thread. What it throws ends the run;
 * the step it was told about is then in no checkpoint yet.
 */
public interface StepListener {
  /** A step is done. The report is the same on all ranks but for times of the step. */
  void onStep(StepReport report);

  /**
   * Something that a person should read, in one line: where a run resumes, what is frozen. Rank 0
   * only. What begins with "warning" should stand out.
   */
  default void onNotice(String line) {}

  /**
   * A checkpoint is complete. Rank 0 only.
   *
   * @param step that it holds
   * @param seconds since it was begun, while training went on
   */
  default void onCheckpoint(long step, double seconds) {}
}
