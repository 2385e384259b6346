package dev.annulus.trainer.train;

import dev.annulus.trainer.model.Parameters;

/** Ends a run whose loss or gradients are not finite, and keeps what is known about it. */
final class FiniteCheck {
  private FiniteCheck() {}

  /**
   * All ranks hold the same loss and norm, so they stop together.
   *
   * @param rows numbers of the step's rows
   * @throws NonFiniteStepException if one of the two is not finite; rank 0 has written the evidence
   */
  static void require(
      WorkerEnvironment environment,
      long step,
      String stage,
      int[] rows,
      double loss,
      double norm,
      Parameters weights,
      Parameters gradients) {
    if (Double.isFinite(loss) && Double.isFinite(norm)) {
      return;
    }
    Evidence evidence = new Evidence(step, stage, rows, loss, norm);
    if (environment.isWriter()) {
      evidence.write(environment.outputDir(), environment.device().kernels(), weights, gradients);
    }
    throw new NonFiniteStepException(
        step, stage, loss, norm, evidence.file(environment.outputDir()));
  }
}
