package dev.annulus.trainer.train;

import dev.annulus.config.StageSettings;
import dev.annulus.device.Kernels;
import dev.annulus.ring.RingAttention;
import dev.annulus.ring.RingCounters;
import dev.annulus.trainer.optimizer.GradientClipping;
import dev.annulus.trainer.optimizer.LearningRate;
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
  private final StageUpdate update;
  private final StageSettings stage;
  private long watched;
  private TensorNorms norms = TensorNorms.NONE;

  /**
   * Steps of one stage.
   *
   * @param update how gradients are summed and weights renewed
   */
  TrainingStep(
      WorkerEnvironment environment,
      TensorCollectives world,
      RingAttention attention,
      StepGradients stepGradients,
      StageUpdate update,
      StageSettings stage) {
    this.environment = environment;
    this.world = world;
    this.attention = attention;
    this.stepGradients = stepGradients;
    this.update = update;
    this.stage = stage;
  }

  @Override
  public StepReport run(long step, int stepInStage, StepRows rows, long startedNs, long stalledNs) {
    StepGradients.Amounts amounts = stepGradients.amounts(step, stage.name(), rows);
    RingCounters before = attention.counters();
    StageUpdate.Gradients own = update.gradients(step, rows, amounts);
    RingCounters ring = attention.counters().minus(before);
    Kernels kernels = environment.device().kernels();
    SummedGradients summed = own.gradients();
    StepSums sums =
        StepSums.reduce(
            world,
            own.numerator(),
            summed.ownSquares(kernels),
            ring,
            stepGradients.maskArea(),
            stalledNs,
            environment.device().peakBytes(),
            step);
    double loss = sums.numerator() / amounts.denominator();
    double norm = Math.sqrt(sums.squares());
    FiniteCheck.require(
        environment, world, step, stage.name(), rows.all(), loss, norm, () -> update.weightNorms(step), summed);
    if (step == watched) {
      norms = measure(summed, step);
    }
    double learningRate =
        LearningRate.at(stage.schedule(), stage.learningRate(), stage.steps(), stepInStage);
    update.apply(
        stage.optimizer(),
        learningRate,
        GradientClipping.factor(norm, stage.optimizer().maxGradNorm()),
        stepInStage,
        step);
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
    Map<String, Double> ofWeights = update.weightNorms(step);
    return TensorNorms.of(ofGradients, ofGradients.keySet().stream().map(ofWeights::get).toList());
  }
}
