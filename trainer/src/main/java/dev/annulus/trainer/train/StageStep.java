package dev.annulus.trainer.train;

import dev.annulus.trainer.optimizer.ZerothOrderUpdate;
import java.util.Optional;

/** How the steps of a stage are done; every rank calls it. */
interface StageStep {
  /**
   * Does one step.
   *
   * @param step of the run, from 1
   * @param stepInStage from 1
   * @param rows of the step, those of this ring read
   * @param startedNs when it began to wait for them
   * @param stalledNs how long it waited
   * @throws dev.annulus.config.InvalidInputException if no row of the step has a target
   * @throws NonFiniteStepException if loss or norm is not finite; nothing was updated
   */
  StepReport run(long step, int stepInStage, StepRows rows, long startedNs, long stalledNs);

  /** Asks that the norms of a step are kept. */
  default void watch(long step) {}

  /** Of the step that was watched, by tensor, before its update; none where there are none. */
  default TensorNorms norms() {
    return TensorNorms.NONE;
  }

  /** The last step, if a line of a log is enough to do it again. */
  default Optional<ZerothOrderUpdate> replayable() {
    return Optional.empty();
  }
}
