package dev.annulus.trainer.train;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.StageSettings;
import dev.annulus.device.Kernels;
import dev.annulus.ring.RingAttention;
import dev.annulus.ring.RingCounters;
import dev.annulus.trainer.model.ModelWeights;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.optimizer.AdamWState;
import dev.annulus.trainer.optimizer.GradientClipping;
import dev.annulus.trainer.optimizer.LearningRate;
import dev.annulus.trainer.optimizer.OptimizerStep;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A step: (weights, moments, rows) to (weights, moments, report). Loss and gradients are weighted
 * sums over all rows of the step on all ranks, divided once by the sum of the weights.
 */
final class TrainingStep {
  private final WorkerEnvironment environment;
  private final TensorCollectives world;
  private final RingAttention attention;
  private final StepGradients stepGradients;
  private final ModelWeights weights;
  private final Parameters gradients;
  private final AdamWState optimizer;
  private final StageSettings stage;

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

  /**
   * Does one step; every rank calls it.
   *
   * @param step of the run, from 1
   * @param stepInStage from 1
   * @param rows of the step, those of this ring read
   * @param startedNs when it began to wait for them
   * @param stalledNs how long it waited
   * @throws InvalidInputException if no row of the step has a target
   * @throws NonFiniteStepException if loss or norm is not finite; nothing was updated
   */
  StepReport run(long step, int stepInStage, StepRows rows, long startedNs, long stalledNs) {
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
    long tokens = amounts.tokens();
    double stepMs = (environment.nanoClock().getAsLong() - startedNs) / 1e6;
    return new StepReport(
        step,
        stage.name(),
        loss,
        0,
        null,
        norm,
        learningRate,
        tokens,
        stepMs == 0 ? 0 : tokens / (stepMs / 1e3),
        stepMs,
        sums.ring().attentionNs() / 1e6 / world.size(),
        sums.ring().waitNs() / 1e6 / world.size(),
        sums.stalledNs() / 1e6 / world.size(),
        sums.ring().bytesSent(),
        sums.ring().hops(),
        sums.ring().hopsSkipped(),
        sums.area().worstOverMean(),
        meanMs(sums.ring().waitNsByStep()),
        meanMs(sums.ring().computeNsByStep()),
        new ArrayList<>(Arrays.stream(sums.ring().bytesByPeer()).boxed().toList()),
        meanMs(sums.ring().waitNsByPeer()),
        tokens / ((double) rows.all().length * stage.sequenceLength()),
        sums.peakBytes());
  }

  /** Milliseconds, mean over the ranks. */
  private List<Double> meanMs(long[] nanoseconds) {
    List<Double> means = new ArrayList<>(nanoseconds.length);
    for (long sum : nanoseconds) {
      means.add(sum / 1e6 / world.size());
    }
    return means;
  }
}
