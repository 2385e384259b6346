package dev.annulus.trainer.train;

import java.nio.file.Path;
import java.util.function.UnaryOperator;

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

  private NonFiniteStepException(String message, NonFiniteStepException cause) {
    super(message, cause);
    this.step = cause.step;
  }

  /** The same with its evidence named otherwise, for people who find it elsewhere. */
  public NonFiniteStepException named(UnaryOperator<String> names) {
    return new NonFiniteStepException(names.apply(getMessage()), this);
  }

  /** The step, from 1. */
  public long step() {
    return step;
  }
}
