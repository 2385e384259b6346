package dev.annulus.trainer.train;

import java.nio.file.Path;

/** Loss or gradients of a step are not finite. The weights are still those before the step. */
public final class NonFiniteStepException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long step;

  NonFiniteStepException(long step, String stage, double loss, double norm, Path evidence) {
    super(
        "step %d (stage %s): loss %s and gradient norm %s are not both finite; stopped before the update, evidence in %s"
            .formatted(step, stage, loss, norm, evidence));
    this.step = step;
  }

  /** The step, from 1. */
  public long step() {
    return step;
  }
}
