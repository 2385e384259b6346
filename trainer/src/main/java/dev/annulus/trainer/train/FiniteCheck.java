package dev.annulus.trainer.train;

import java.util.Map;
import java.util.function.Supplier;

/** Ends a run whose loss or gradients are not finite, and keeps what is known about it. */
final class FiniteCheck {
  private FiniteCheck() {}

  /**
   * All ranks hold the same loss and norm, so they stop together. Collective if one of the two is
   * not finite.
   *
   * @param rows numbers of the step's rows
   * @param weightNorms by name; called on every rank
   * @param gradients of which every rank holds the sums over all ranks in a range of its own
   * @throws NonFiniteStepException if one of the two is not finite; rank 0 has written the evidence
   */
  static void require(
      WorkerEnvironment environment,
      TensorCollectives world,
      long step,
      String stage,
      int[] rows,
      double loss,
      double norm,
      Supplier<Map<String, Double>> weightNorms,
      SummedGradients gradients) {
    if (Double.isFinite(loss) && Double.isFinite(norm)) {
      return;
    }
    Evidence evidence = new Evidence(step, stage, rows, loss, norm);
    Map<String, Double> norms = gradients.norms(environment.device().kernels(), world, step);
    Map<String, Double> ofWeights = weightNorms.get();
    if (environment.isWriter()) {
      evidence.write(environment.outputDir(), ofWeights, norms);
    }
    throw new NonFiniteStepException(
        step, stage, loss, norm, evidence.file(environment.outputDir()));
  }
}
