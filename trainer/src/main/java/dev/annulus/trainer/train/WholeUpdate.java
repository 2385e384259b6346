package dev.annulus.trainer.train;

import dev.annulus.config.OptimizerSettings;
import dev.annulus.device.Kernels;
import dev.annulus.trainer.model.ModelWeights;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.optimizer.AdamWState;
import dev.annulus.trainer.optimizer.OptimizerStep;
import java.util.Map;

/**
 * Every rank holds all weights and gradients, and the moments of its range ({@code sharding:
 * optimizer}): gradients are summed once, when all rows of the step are done.
 */
final class WholeUpdate implements StageUpdate {
  private final TensorCollectives world;
  private final Kernels kernels;
  private final StepGradients stepGradients;
  private final ModelWeights weights;
  private final Parameters gradients;
  private final AdamWState optimizer;

  /**
   * Of one stage.
   *
   * @param gradients memory of the trainable tensors' layout; overwritten
   * @param optimizer state of this rank's range of them
   */
  WholeUpdate(
      TensorCollectives world,
      Kernels kernels,
      StepGradients stepGradients,
      ModelWeights weights,
      Parameters gradients,
      AdamWState optimizer) {
    this.world = world;
    this.kernels = kernels;
    this.stepGradients = stepGradients;
    this.weights = weights;
    this.gradients = gradients;
    this.optimizer = optimizer;
  }

  @Override
  public Gradients gradients(long step, StepRows rows, StepGradients.Amounts amounts) {
    double numerator = stepGradients.ofThisRank(step, rows, amounts, gradients);
    return new Gradients(numerator, SummedGradients.reduce(world, gradients, step));
  }

  @Override
  public Map<String, Double> weightNorms(long step) {
    return TensorNorms.of(kernels, weights.master());
  }

  @Override
  public void apply(
      OptimizerSettings settings, double learningRate, double clip, long stepInStage, long step) {
    OptimizerStep.apply(
        kernels, weights, gradients, optimizer, settings, learningRate, clip, stepInStage);
    WeightGathering.gather(world, kernels, weights, gradients, step);
  }
}
