package dev.annulus.trainer.train;

import dev.annulus.config.OptimizerSettings;
import dev.annulus.device.Kernels;
import dev.annulus.trainer.optimizer.AdamWState;
import dev.annulus.trainer.optimizer.OptimizerStep;
import dev.annulus.trainer.sharding.ShardedGradients;
import dev.annulus.trainer.sharding.ShardedWeights;
import java.util.Map;
import java.util.Optional;

/**
 * Every rank holds weights, gradients and moments of its range ({@code sharding: full}): gradients
 * are summed behind every unit of every row, and nothing is handed out behind the update, as a unit
 * is gathered when it is computed with.
 */
final class ShardedUpdate implements StageUpdate {
  private final TensorCollectives world;
  private final Kernels kernels;
  private final StepGradients stepGradients;
  private final ShardedWeights weights;
  private final ShardedGradients gradients;
  private final AdamWState optimizer;

  /**
   * Of one stage.
   *
   * @param optimizer state of the range of the weights
   */
  ShardedUpdate(
      TensorCollectives world,
      Kernels kernels,
      StepGradients stepGradients,
      ShardedWeights weights,
      ShardedGradients gradients,
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
    gradients.begin();
    double numerator = stepGradients.ofThisRank(step, rows, amounts, gradients);
    return new Gradients(numerator, new SummedGradients(gradients.sums()));
  }

  @Override
  public Map<String, Double> weightNorms(long step) {
    return RangeNorms.of(weights.own(), kernels, world, step);
  }

  @Override
  public void apply(
      OptimizerSettings settings, double learningRate, double clip, long stepInStage, long step) {
    OptimizerStep.apply(
        kernels,
        weights.own()::of,
        Optional.empty(),
        gradients.sums()::of,
        optimizer,
        settings,
        learningRate,
        clip,
        stepInStage);
    weights.changed();
  }
}
