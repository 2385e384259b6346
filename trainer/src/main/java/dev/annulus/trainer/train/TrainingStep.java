package dev.annulus.trainer.train;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.ParallelSettings;
import dev.annulus.config.StageSettings;
import dev.annulus.data.pack.PackedRow;
import dev.annulus.device.Device;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.layout.SequenceLayout;
import dev.annulus.ring.RingAttention;
import dev.annulus.ring.RingSchedule;
import dev.annulus.ring.RouteChoice;
import dev.annulus.trainer.model.LlamaModel;
import dev.annulus.trainer.model.LocalRow;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.optimizer.AdamWState;
import dev.annulus.trainer.optimizer.GradientClipping;
import dev.annulus.trainer.optimizer.LearningRate;
import dev.annulus.trainer.optimizer.OptimizerStep;
import java.util.Arrays;

/**
 * A step: (weights, moments, rows) to (weights, moments, report). Loss and gradients are weighted
 * sums over all rows of the step on all ranks, divided once by the sum of the weights.
 */
final class TrainingStep {
  private final WorkerEnvironment environment;
  private final TensorCollectives world;
  private final RingAttention attention;
  private final LlamaModel model;
  private final Parameters weights;
  private final Parameters gradients;
  private final AdamWState optimizer;
  private final StageSettings stage;
  private final ParallelSettings parallel;

  /**
   * Steps of one stage.
   *
   * @param gradients memory of the trainable tensors' layout; overwritten
   * @param parallel how rows lie over this worker's ring, and how blocks travel
   */
  TrainingStep(
      WorkerEnvironment environment,
      TensorCollectives world,
      RingAttention attention,
      LlamaModel model,
      Parameters weights,
      Parameters gradients,
      AdamWState optimizer,
      StageSettings stage,
      ParallelSettings parallel) {
    this.environment = environment;
    this.world = world;
    this.attention = attention;
    this.model = model;
    this.weights = weights;
    this.gradients = gradients;
    this.optimizer = optimizer;
    this.stage = stage;
    this.parallel = parallel;
  }

  /**
   * Does one step; every rank calls it.
   *
   * @param step of the run, from 1
   * @param stepInStage from 1
   * @param rows of the step, those of this ring read
   * @param startedNs when its reading began
   * @throws InvalidInputException if no row of the step has a target
   * @throws NonFiniteStepException if loss or norm is not finite; nothing was updated
   */
  StepReport run(long step, int stepInStage, StepRows rows, long startedNs) {
    // Every rank of a ring holds all of its rows: one of them speaks for the ring.
    boolean speaks = contextIndex() == 0;
    double[] amounts =
        world.allReduceSum(
            new double[] {speaks ? rows.weight() : 0, speaks ? rows.tokens() : 0}, step);
    double denominator = amounts[0];
    if (!(denominator > 0)) {
      throw new InvalidInputException(
          "stage "
              + stage.name()
              + ", step "
              + step
              + ", packed rows "
              + Arrays.toString(rows.all()),
          "loss weights that sum to " + denominator,
          "at least one document with a target, that is of two tokens or more");
    }
    RingTotals before = RingTotals.of(attention);
    double numerator = backward(step, rows, (float) (1 / denominator));
    RingTotals ring = RingTotals.of(attention).minus(before);
    world.allReduceSum(gradients.flat(), step);
    StepSums sums = StepSums.reduce(world, numerator, ring, environment.device().peakBytes(), step);
    double loss = sums.numerator() / denominator;
    double norm = GradientClipping.norm(environment.device().kernels(), gradients);
    checkFinite(step, rows, loss, norm);
    double learningRate =
        LearningRate.at(stage.schedule(), stage.learningRate(), stage.steps(), stepInStage);
    OptimizerStep.apply(
        environment.device().kernels(),
        weights,
        gradients,
        optimizer,
        stage.optimizer(),
        learningRate,
        GradientClipping.factor(norm, stage.optimizer().maxGradNorm()),
        stepInStage);
    long tokens = Math.round(amounts[1]);
    double stepMs = (environment.nanoClock().getAsLong() - startedNs) / 1e6;
    return new StepReport(
        step,
        stage.name(),
        loss,
        norm,
        learningRate,
        tokens,
        stepMs == 0 ? 0 : tokens / (stepMs / 1e3),
        stepMs,
        sums.ring().attentionNs() / 1e6 / world.size(),
        sums.ring().waitNs() / 1e6 / world.size(),
        sums.ring().bytesSent(),
        sums.ring().hops(),
        sums.ring().hopsSkipped(),
        tokens / ((double) rows.all().length * stage.sequenceLength()),
        sums.peakBytes());
  }

  /** Sum of weight * loss of this rank's tokens; gradients of it, times the scale. */
  private double backward(long step, StepRows rows, float gradientScale) {
    Device device = environment.device();
    device.kernels().fill(gradients.flat(), 0f);
    double numerator = 0;
    for (PackedRow row : rows.mine()) {
      Documents documents = Documents.ofSegmentIds(row.segmentIds());
      SequenceLayout layout =
          Layouts.of(parallel.layout(), documents, environment.mesh().context());
      RingSchedule schedule = RouteChoice.plan(parallel.route(), layout, documents);
      LocalRow local = LocalRow.of(row, layout, contextIndex());
      numerator += model.forwardBackward(local, schedule, step, gradientScale, gradients);
    }
    return numerator;
  }

  /** All ranks hold the same loss and norm, so they stop together. */
  private void checkFinite(long step, StepRows rows, double loss, double norm) {
    if (Double.isFinite(loss) && Double.isFinite(norm)) {
      return;
    }
    Evidence evidence = new Evidence(step, stage.name(), rows.all(), loss, norm);
    if (environment.isWriter()) {
      evidence.write(environment.outputDir(), environment.device().kernels(), weights, gradients);
    }
    throw new NonFiniteStepException(
        step, stage.name(), loss, norm, evidence.file(environment.outputDir()));
  }

  private int contextIndex() {
    return environment.mesh().contextIndex(environment.rank());
  }
}
