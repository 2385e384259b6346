package dev.annulus.trainer.train;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.ParallelSettings;
import dev.annulus.data.read.RowPart;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.layout.SequenceLayout;
import dev.annulus.ring.RingSchedule;
import dev.annulus.ring.cost.RouteChoice;
import dev.annulus.trainer.model.LlamaModel;
import dev.annulus.trainer.model.LocalRow;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.model.UnitGradients;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Gradients of the loss over the rows of a step: weighted sums over all rows on all ranks, divided
 * once by the sum of the weights.
 */
final class StepGradients {
  private final WorkerEnvironment environment;
  private final TensorCollectives world;
  private final LlamaModel model;
  private final ParallelSettings.Layout layout;
  private final RouteChoice route;
  private final ParallelSettings.Sharding sharding;
  private MaskArea maskArea = MaskArea.NONE;

  /**
   * Of one stage.
   *
   * @param parallel how rows lie over this worker's ring, and what the ranks share out
   * @param route how blocks travel
   */
  StepGradients(
      WorkerEnvironment environment,
      TensorCollectives world,
      LlamaModel model,
      ParallelSettings parallel,
      RouteChoice route) {
    this.environment = environment;
    this.world = world;
    this.model = model;
    this.layout = parallel.layout();
    this.sharding = parallel.sharding();
    this.route = route;
  }

  /**
   * What all rows of a step hold.
   *
   * @param denominator sum of the loss weights
   * @param tokens padding not counted
   */
  record Amounts(double denominator, long tokens) {}

  /**
   * Collective.
   *
   * @param step for errors
   * @throws InvalidInputException if no row has a target
   */
  Amounts amounts(long step, String stage, StepRows rows) {
    double[] amounts = world.allReduceSum(new double[] {rows.weight(), rows.tokens()}, step);
    if (!(amounts[0] > 0)) {
      throw new InvalidInputException(
          "stage " + stage + ", step " + step + ", packed rows " + Arrays.toString(rows.all()),
          "loss weights that sum to " + amounts[0],
          "at least one document with a target, that is of two tokens or more");
    }
    return new Amounts(amounts[0], Math.round(amounts[1]));
  }

  /**
   * Overwrites {@code gradients} by this rank's share of them: the sum over the ranks is theirs.
   *
   * @return sum of weight * loss of this rank's tokens
   */
  double ofThisRank(long step, StepRows rows, Amounts amounts, Parameters gradients) {
    if (rows.mine().isEmpty()) {
      environment.device().kernels().fill(gradients.flat(), 0f);
    }
    float scale = (float) (1 / amounts.denominator());
    return ofThisRank(
        step,
        rows,
        UnitGradients.whole(gradients),
        (row, schedule, first) ->
            model.forwardBackward(row, schedule, step, scale, gradients, !first));
  }

  /**
   * Adds this rank's share to {@code gradients}. Collective where they are shared out: every ring
   * makes as many passes, one without a row takes part with nothing.
   *
   * @return sum of weight * loss of this rank's tokens
   */
  double ofThisRank(long step, StepRows rows, Amounts amounts, UnitGradients gradients) {
    float scale = (float) (1 / amounts.denominator());
    return ofThisRank(
        step,
        rows,
        gradients,
        (row, schedule, first) -> model.forwardBackward(row, schedule, step, scale, gradients));
  }

  /** Forward and backward of a row; the first of a step needs no zeros to add to. */
  private interface RowPass {
    double loss(LocalRow row, RingSchedule schedule, boolean first);
  }

  private double ofThisRank(long step, StepRows rows, UnitGradients gradients, RowPass rowPass) {
    double numerator = 0;
    maskArea = MaskArea.NONE;
    boolean first = true;
    for (RowPart row : rows.mine()) {
      RingSchedule schedule = schedule(row);
      maskArea = maskArea.plus(schedule);
      numerator += rowPass.loss(LocalRow.of(row), schedule, first);
      first = false;
    }
    if (sharding == ParallelSettings.Sharding.FULL) {
      for (int pass = rows.mine().size(); pass < passes(rows); pass++) {
        model.accompany(step, gradients);
      }
    }
    return numerator;
  }

  /**
   * The sum of weight * loss of this rank's tokens, of a forward pass alone. Collective where the
   * weights are shared out.
   */
  double lossOfThisRank(long step, StepRows rows) {
    double numerator = 0;
    maskArea = MaskArea.NONE;
    for (RowPart row : rows.mine()) {
      RingSchedule schedule = schedule(row);
      maskArea = maskArea.plus(schedule);
      numerator += model.forward(LocalRow.of(row), schedule, step);
    }
    if (sharding == ParallelSettings.Sharding.FULL) {
      for (int pass = rows.mine().size(); pass < passes(rows); pass++) {
        model.accompany(step);
      }
    }
    return numerator;
  }

  /** Of the ring that has most rows. */
  private int passes(StepRows rows) {
    return Math.ceilDiv(rows.all().length, environment.mesh().data());
  }

  /** Of the rows of the last call of {@link #ofThisRank} or {@link #lossOfThisRank}. */
  MaskArea maskArea() {
    return maskArea;
  }

  /**
   * Collective: the root mean square of each tensor's gradient over the rows, by name.
   *
   * @throws NonFiniteStepException if the loss or a gradient is not finite
   */
  Map<String, Double> rootMeanSquares(
      long step, String stage, StepRows rows, Parameters gradients) {
    Amounts amounts = amounts(step, stage, rows);
    double numerator = ofThisRank(step, rows, amounts, gradients);
    double loss = world.allReduceSum(new double[] {numerator}, step)[0] / amounts.denominator();
    SummedGradients sums = SummedGradients.reduce(world, gradients, step);
    Map<String, Double> values =
        new LinkedHashMap<>(sums.norms(environment.device().kernels(), world, step));
    double allSquares = values.values().stream().mapToDouble(norm -> norm * norm).sum();
    FiniteCheck.require(
        environment,
        world,
        step,
        stage,
        rows.all(),
        loss,
        Math.sqrt(allSquares),
        () -> TensorNorms.of(environment.device().kernels(), model.weights().master()),
        sums);
    values.replaceAll(
        (name, norm) -> norm / Math.sqrt((double) gradients.layout().find(name).size()));
    return values;
  }

  /** How the ring works on a row. */
  RingSchedule schedule(RowPart row) {
    return route.plan(layout(row.documents()), row.documents());
  }

  /** Which tokens of a row are this worker's. */
  int[] shareOf(Documents documents) {
    return layout(documents).positionsOf(contextIndex());
  }

  private SequenceLayout layout(Documents documents) {
    return Layouts.of(layout, documents, environment.mesh().context());
  }

  private int contextIndex() {
    return environment.mesh().contextIndex(environment.rank());
  }
}
