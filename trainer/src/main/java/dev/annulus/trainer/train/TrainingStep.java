package dev.annulus.trainer.train;

import dev.annulus.config.StageSettings;
import dev.annulus.device.Kernels;
import dev.annulus.ring.RingAttention;
import dev.annulus.ring.RingCounters;
import dev.annulus.trainer.model.ModelWeights;
import dev.annulus.trainer.model.ParameterSpec;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.optimizer.AdamWState;
import dev.annulus.trainer.optimizer.GradientClipping;
import dev.annulus.trainer.optimizer.LearningRate;
import dev.annulus.trainer.optimizer.OptimizerStep;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A step: (weights, moments, rows) to (weights, moments, report). Loss and gradients are weighted
 * sums over all rows of the step on all ranks, divided once by the sum of the weights.
 */
final class TrainingStep implements StageStep {
  private final WorkerEnvironment environment;
  private final TensorCollectives world;
  private final RingAttention attention;
  private final StepGradients stepGradients;
  private final ModelWeights weights;
  private final Parameters gradients;
  private final AdamWState optimizer;
  private final StageSettings stage;
  private long watched;
  private TensorNorms norms = TensorNorms.NONE;

  /**
   * Steps of one stage.
   *
   * @param gradients memory of the trainable tensors' layout; overwritten
   * @param optimizer state of this rank's range of them
   */
  TrainingStep(
      WorkerEnvironment environment,
      TensorCollectives world,
      RingAttention attention,
      StepGradients stepGradients,
      ModelWeights weights,
      Parameters gradients,
      AdamWState optimizer,
      StageSettings stage) {
    this.environment = environment;
    this.world = world;
    this.attention = attention;
    this.stepGradients = stepGradients;
    this.weights = weights;
    this.gradients = gradients;
    this.optimizer = optimizer;
    this.stage = stage;
  }

  @Override
  public StepReport run(long step, int stepInStage, StepRows rows, long startedNs, long stalledNs) {
    StepGradients.Amounts amounts = stepGradients.amounts(step, stage.name(), rows);
    RingCounters before = attention.counters();
    double numerator = stepGradients.ofThisRank(step, rows, amounts, gradients);
    RingCounters ring = attention.counters().minus(before);
    Kernels kernels = environment.device().kernels();
    SummedGradients summed = SummedGradients.reduce(world, gradients, step);
    StepSums sums =
        StepSums.reduce(
            world,
            numerator,
            summed.ownSquares(kernels),
            ring,
            stepGradients.maskArea(),
            stalledNs,
            environment.device().peakBytes(),
            step);
    double loss = sums.numerator() / amounts.denominator();
    double norm = Math.sqrt(sums.squares());
    FiniteCheck.require(
        environment, world, step, stage.name(), rows.all(), loss, norm, weights.master(), summed);
    if (step == watched) {
      norms = measure(summed, step);
    }
    double learningRate =
        LearningRate.at(stage.schedule(), stage.learningRate(), stage.steps(), stepInStage);
    OptimizerStep.apply(
        kernels,
        weights,
        gradients,
        optimizer,
        stage.optimizer(),
        learningRate,
        GradientClipping.factor(norm, stage.optimizer().maxGradNorm()),
        stepInStage);
    WeightGathering.gather(world, kernels, weights, gradients, step);
    return StepReports.of(
        environment, world, stage, step, rows, amounts, sums, loss, norm, learningRate, startedNs);
  }

  @Override
  public void watch(long step) {
    watched = step;
  }

  @Override
  public TensorNorms norms() {
    return norms;
  }

  /** Collective. */
  private TensorNorms measure(SummedGradients summed, long step) {
    Kernels kernels = environment.device().kernels();
    Map<String, Double> ofGradients = summed.norms(kernels, world, step);
    List<Double> ofWeights = new ArrayList<>();
    for (ParameterSpec spec : gradients.layout().specs()) {
      ofWeights.add(Math.sqrt(kernels.sumOfSquares(weights.master().get(spec.name()))));
    }
    return TensorNorms.of(ofGradients, ofWeights);
  }
}
