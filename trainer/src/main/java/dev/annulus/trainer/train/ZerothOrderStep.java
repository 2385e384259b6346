package dev.annulus.trainer.train;

import dev.annulus.config.StageSettings;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Kernels;
import dev.annulus.ring.RingAttention;
import dev.annulus.ring.RingCounters;
import dev.annulus.trainer.freeze.StageFreeze;
import dev.annulus.trainer.model.ModelWeights;
import dev.annulus.trainer.model.ParameterSpec;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.optimizer.LearningRate;
import dev.annulus.trainer.optimizer.ZerothOrder;
import dev.annulus.trainer.optimizer.ZerothOrderUpdate;
import java.util.Map;
import java.util.Optional;

/**
 * A step of zeroth-order SGD: two forward passes on weights that are shifted to either side along a
 * random direction; the difference of their losses is the gradient along it. Beside the model there
 * is one copy of the weights that are trained, and two numbers a rank go over the network.
 */
final class ZerothOrderStep implements StageStep {
  private final WorkerEnvironment environment;
  private final TensorCollectives world;
  private final RingAttention attention;
  private final StepGradients stepGradients;
  private final ModelWeights weights;
  private final StageSettings stage;
  private final StageFreeze freeze;
  private final long seed;

  /** The trained weights without a shift. */
  private final Parameters held;

  private Optional<ZerothOrderUpdate> last = Optional.empty();

  /**
   * Steps of one stage.
   *
   * @param seed of the run
   * @param arena for a copy of the trained weights
   */
  ZerothOrderStep(
      WorkerEnvironment environment,
      TensorCollectives world,
      RingAttention attention,
      StepGradients stepGradients,
      ModelWeights weights,
      StageSettings stage,
      StageFreeze freeze,
      long seed,
      DeviceArena arena) {
    this.environment = environment;
    this.world = world;
    this.attention = attention;
    this.stepGradients = stepGradients;
    this.weights = weights;
    this.stage = stage;
    this.freeze = freeze;
    this.seed = seed;
    this.held = Parameters.allocate(arena, freeze.trainable());
    hold();
  }

  @Override
  public StepReport run(long step, int stepInStage, StepRows rows, long startedNs, long stalledNs) {
    StepGradients.Amounts amounts = stepGradients.amounts(step, stage.name(), rows);
    RingCounters before = attention.counters();
    double eps = stage.optimizer().eps();
    double[] numerators =
        world.allReduceSum(
            new double[] {shifted(eps, step, rows), shifted(-eps, step, rows)}, step);
    RingCounters ring = attention.counters().minus(before);
    double loss = (numerators[0] + numerators[1]) / 2 / amounts.denominator();
    double projected = (numerators[0] - numerators[1]) / amounts.denominator() / (2 * eps);
    ZerothOrderUpdate update =
        new ZerothOrderUpdate(
            step,
            stage.name(),
            seed,
            projected,
            LearningRate.at(stage.schedule(), stage.learningRate(), stage.steps(), stepInStage),
            stage.optimizer().weightDecay(),
            freeze.hash());
    requireFinite(step, rows, loss, projected);
    ZerothOrder.update(kernels(), held.layout(), held, weights.master(), update);
    weights.refresh(kernels());
    hold();
    last = Optional.of(update);
    StepSums sums =
        StepSums.reduce(
            world,
            0,
            0,
            ring,
            stepGradients.maskArea(),
            stalledNs,
            environment.device().peakBytes(),
            step);
    return StepReports.of(
        environment,
        world,
        stage,
        step,
        rows,
        amounts,
        sums,
        loss,
        Math.abs(projected),
        update.learningRate(),
        startedNs);
  }

  @Override
  public Optional<ZerothOrderUpdate> replayable() {
    return last;
  }

  /** The sum of weight * loss of this rank's tokens, some way along the direction. */
  private double shifted(double distance, long step, StepRows rows) {
    ZerothOrder.shift(kernels(), held.layout(), held, weights.master(), distance, seed, step);
    weights.refresh(kernels());
    return stepGradients.lossOfThisRank(step, rows);
  }

  private void hold() {
    for (ParameterSpec spec : held.layout().specs()) {
      kernels().copy(weights.master().get(spec.name()), held.get(spec));
    }
  }

  private void requireFinite(long step, StepRows rows, double loss, double projected) {
    if (Double.isFinite(loss) && Double.isFinite(projected)) {
      return;
    }
    // The evidence is of the weights that the step began with.
    for (ParameterSpec spec : held.layout().specs()) {
      kernels().copy(held.get(spec), weights.master().get(spec.name()));
    }
    Evidence evidence = new Evidence(step, stage.name(), rows.all(), loss, Math.abs(projected));
    if (environment.isWriter()) {
      evidence.write(
              environment.outputDir(), TensorNorms.of(kernels(), weights.master()), Map.of());
    }
    throw new NonFiniteStepException(
        step, stage.name(), loss, Math.abs(projected), evidence.file(environment.outputDir()));
  }

  private Kernels kernels() {
    return environment.device().kernels();
  }
}
