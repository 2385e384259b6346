package dev.annulus.trainer.train;

import dev.annulus.config.OptimizerSettings;
import java.util.Map;

/**
 * How the ranks come by the gradients of a step and renew the weights: {@code parallel.sharding}.
 */
interface StageUpdate {
  /**
   * Of one rank.
   *
   * @param numerator sum of weight * loss over the rank's tokens
   * @param gradients sums over all ranks
   */
  record Gradients(double numerator, SummedGradients gradients) {}

  /** Collective: those of the step's rows. */
  Gradients gradients(long step, StepRows rows, StepGradients.Amounts amounts);

  /** Collective: the norm of each tensor of the model, by name. */
  Map<String, Double> weightNorms(long step);

  /**
   * Collective: an update by the gradients of the last call of {@link #gradients}.
   *
   * @param clip factor for the gradients
   * @param stepInStage from 1
   */
  void apply(
      OptimizerSettings settings, double learningRate, double clip, long stepInStage, long step);
}
