package dev.annulus.trainer.train;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.RunConfig;
import dev.annulus.config.StageSettings;
import dev.annulus.data.read.PackedRows;
import dev.annulus.data.read.ReadAhead;
import dev.annulus.data.read.RowOrder;
import dev.annulus.data.read.RowShare;
import dev.annulus.data.read.SeededRowOrder;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Kernels;
import dev.annulus.ring.RingAttention;
import dev.annulus.ring.cost.RouteChoice;
import dev.annulus.trainer.freeze.StageFreeze;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.LlamaModel;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.model.RopeScaling;
import dev.annulus.trainer.optimizer.AdamWState;
import dev.annulus.trainer.optimizer.ParameterRange;
import dev.annulus.trainer.optimizer.ZerothOrderUpdate;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * The steps of one stage: its own rotary base, freeze, optimiser and learning rates, the weights
 * that the stage before left.
 */
final class StageRun {
  private static final int STEPS_AHEAD = 2;

  /** Disks of a cluster can be slow; one that is gone is not waited for. */
  private static final Duration READ_DEADLINE = Duration.ofMinutes(10);

  private final RunConfig config;
  private final WorkerEnvironment environment;
  private final TensorCollectives world;
  private final RingAttention attention;
  private final LlamaModel model;
  private final BackgroundCheckpoints checkpoints;
  private final UnaryOperator<StepReport> reports;
  private final Consumer<ZerothOrderUpdate> updates;
  private final OptionalLong replayed;
  private TensorNorms norms = TensorNorms.NONE;

  /**
   * Stages of one run.
   *
   * @param checkpoints what the stages are kept in
   * @param reports told of every step, and gives what the listener is told
   * @param updates told of steps that a line of a log is enough to do again, after {@code reports}
   * @param replayed the last step to do, which is done to be looked at: nothing is measured on
   *     held-out rows and no checkpoint is written; empty for a run
   */
  StageRun(
      RunConfig config,
      WorkerEnvironment environment,
      TensorCollectives world,
      RingAttention attention,
      LlamaModel model,
      BackgroundCheckpoints checkpoints,
      UnaryOperator<StepReport> reports,
      Consumer<ZerothOrderUpdate> updates,
      OptionalLong replayed) {
    this.config = config;
    this.environment = environment;
    this.world = world;
    this.attention = attention;
    this.model = model;
    this.checkpoints = checkpoints;
    this.reports = reports;
    this.updates = updates;
    this.replayed = replayed;
  }

  /**
   * Does the steps that remain of the stage that {@code start} is in.
   *
   * @return where the next stage starts
   */
  StartingPoint run(StartingPoint start) {
    int index = start.stage();
    StageSettings stage = config.stages().get(index);
    LlamaConfig ofStage = configOf(start.config(), config, index);
    model.setRopeTheta(ofStage.ropeTheta());
    RouteChoice route =
        RouteChoice.of(config.parallel(), config.device(), ofStage.attentionShape());
    StepGradients stepGradients =
        new StepGradients(environment, world, model, config.parallel(), route);
    StageFreeze freeze = freeze(start, index, stage, stepGradients);
    RankAgreement.check(
        world, "frozen tensors of stage " + stage.name(), freeze.hash(), start.step());
    tellFreeze(stage, freeze);
    tellRoute(stage, route);
    long step = start.step();
    try (DeviceArena arena = environment.device().newArena();
        AdamWState optimizer =
            start
                .begun()
                .map(StartingPoint.Begun::optimizer)
                .orElseGet(() -> new AdamWState(environment.device(), ownOf(stage, freeze)));
        PackedRows rows = open(index, stage);
        ReadAhead<StepRows> ahead = readAhead(rows, index, stage, start, stepGradients::shareOf);
        CloseOnFailure outcome = new CloseOnFailure(environment.world())) {
      StageStep training = stageStep(start, stage, stepGradients, freeze, optimizer, arena);
      replayed.ifPresent(training::watch);
      Optional<HeldOutLoss> heldOut = heldOut(index, stage, start, stepGradients);
      for (int inStage = start.stepInStage() + 1; inStage <= stage.steps(); inStage++) {
        step++;
        if (environment.cancelled().getAsBoolean()) {
          throw new CancellationException("run cancelled before step " + step);
        }
        long started = environment.nanoClock().getAsLong();
        long stalledBefore = ahead.stalledNs();
        StepRows stepRows = ahead.next();
        long stalledNs = ahead.stalledNs() - stalledBefore;
        StepReport trained = training.run(step, inStage, stepRows, started, stalledNs);
        StepReport report = reports.apply(measured(trained, inStage, stage, heldOut));
        // After the metrics: what is done again from this log has its line there.
        training.replayable().ifPresent(updates);
        environment.listener().onStep(report);
        if (replayed.isPresent()) {
          if (step == replayed.getAsLong()) {
            norms = training.norms();
            break;
          }
          continue;
        }
        checkpoints.look(step);
        if (isCheckpoint(step, inStage, stage)) {
          checkpoints.begin(
              RunFiles.state(config, environment, step, index, inStage, freeze),
              ofStage,
              start.weights().tensors(step),
              optimizer);
        }
      }
      // What comes next may delete what only an older checkpoint would go on from.
      checkpoints.finish(step);
      outcome.succeeded();
    }
    return StartingPoint.between(start.config(), start.weights(), step, index + 1);
  }

  /** Of the step that was replayed, once it was. */
  TensorNorms norms() {
    return norms;
  }

  private StageUpdate stageUpdate(
      StartingPoint start,
      StepGradients stepGradients,
      StageFreeze freeze,
      AdamWState optimizer,
      DeviceArena arena) {
    Kernels kernels = environment.device().kernels();
    return switch (start.weights()) {
      case WholeWeights whole ->
          new WholeUpdate(
              world,
              kernels,
              stepGradients,
              model.weights(),
              Parameters.allocate(arena, freeze.trainable()),
              optimizer);
      case RangeWeights shared ->
          new ShardedUpdate(
              world,
              kernels,
              stepGradients,
              shared.sharded(),
              shared.sharded().newGradients(arena, start.config()),
              optimizer);
    };
  }

  private StageStep stageStep(
      StartingPoint start,
      StageSettings stage,
      StepGradients stepGradients,
      StageFreeze freeze,
      AdamWState optimizer,
      DeviceArena arena) {
    return switch (stage.optimizer().name()) {
      case ADAMW ->
          new TrainingStep(
              environment,
              world,
              attention,
              stepGradients,
              stageUpdate(start, stepGradients, freeze, optimizer, arena),
              stage);
      case ZO_SGD ->
          new ZerothOrderStep(
              environment,
              world,
              attention,
              stepGradients,
              model.weights(),
              stage,
              freeze,
              config.run().seed(),
              arena);
    };
  }

  private ParameterRange ownOf(StageSettings stage, StageFreeze freeze) {
    return ParameterRange.of(
        AdamWState.layout(stage.optimizer(), freeze.trainable()), world.rank(), world.size());
  }

  /** What a checkpoint says is frozen, else what the settings say. */
  private StageFreeze freeze(
      StartingPoint start, int index, StageSettings stage, StepGradients stepGradients) {
    return start
        .begun()
        .map(begun -> StageFreeze.of(begun.frozen(), start.config()))
        .orElseGet(
            () ->
                StageFreeze.of(
                    stage, index, start.config(), () -> probe(start, index, stage, stepGradients)));
  }

  /** Gradients over the rows of the stage's first step, before anything of it is trained. */
  private Map<String, Double> probe(
      StartingPoint start, int index, StageSettings stage, StepGradients stepGradients) {
    try (DeviceArena arena = environment.device().newArena();
        PackedRows rows = open(index, stage)) {
      StepRows first =
          read(rows, order(rows, index), 1, stage, start.config(), stepGradients::shareOf);
      return stepGradients.rootMeanSquares(
          start.step() + 1,
          stage.name(),
          first,
          Parameters.allocate(arena, ParameterLayout.of(start.config())));
    }
  }

  /** The model as stage {@code index} leaves it: its rotary base, the longest row so far. */
  static LlamaConfig configOf(LlamaConfig model, RunConfig config, int index) {
    int longest = model.maxPositionEmbeddings();
    for (StageSettings stage : config.stages().subList(0, index + 1)) {
      longest = Math.max(longest, stage.sequenceLength());
    }
    double theta = config.stages().get(index).ropeTheta().orElse(model.ropeTheta());
    LlamaConfig ofStage = model.withRopeTheta(theta);
    // Dynamic scaling begins behind the context that the file names: another one is another model.
    return model.ropeScaling() instanceof RopeScaling.Dynamic
        ? ofStage
        : ofStage.withMaxPositionEmbeddings(longest);
  }

  /** What the stage is measured on, if it is. */
  private Optional<HeldOutLoss> heldOut(
      int index, StageSettings stage, StartingPoint start, StepGradients stepGradients) {
    if (!config.evaluation().duringTraining() || replayed.isPresent()) {
      return Optional.empty();
    }
    try (PackedRows rows = environment.heldOutRows().apply(index)) {
      checkLength(rows, "held-out packed rows of stage ", index, stage);
      return Optional.of(
          HeldOutLoss.read(
              rows,
              config.evaluation().rows(),
              environment,
              world,
              stepGradients,
              start.config().vocabSize()));
    }
  }

  /** With the loss on held-out rows, after the steps that have one. */
  private StepReport measured(
      StepReport report, int inStage, StageSettings stage, Optional<HeldOutLoss> heldOut) {
    boolean due =
        inStage == stage.steps()
            || (heldOut.isPresent() && report.step() % config.evaluation().everySteps() == 0);
    if (heldOut.isEmpty() || !due) {
      return report;
    }
    StepReport measured = report.withEvaluationLoss(heldOut.get().after(report.step()));
    if (environment.isWriter()) {
      environment
          .listener()
          .onNotice(
              String.format(
                  Locale.ROOT,
                  "step %d: loss %.4f on held-out documents",
                  measured.step(),
                  measured.evaluationLoss()));
    }
    return measured;
  }

  private boolean isCheckpoint(long step, int stepInStage, StageSettings stage) {
    int every = config.checkpoint().everySteps();
    return stepInStage == stage.steps() || (every > 0 && step % every == 0);
  }

  private PackedRows open(int index, StageSettings stage) {
    PackedRows rows = environment.rows().apply(index);
    try {
      checkLength(rows, "packed rows of stage ", index, stage);
      return rows;
    } catch (InvalidInputException e) {
      rows.close();
      throw e;
    }
  }

  private static void checkLength(PackedRows rows, String what, int index, StageSettings stage) {
    if (rows.sequenceLength() != stage.sequenceLength()) {
      throw new InvalidInputException(
          what + stage.name(),
          "sequences of " + rows.sequenceLength() + " tokens",
          "sequences of stages." + index + ".sequence_length = " + stage.sequenceLength());
    }
  }

  private RowOrder order(PackedRows rows, int index) {
    // Another stage, another order: the seed of the run alone would repeat it.
    return SeededRowOrder.of(config.data().shuffle(), config.run().seed() + index, rows.size());
  }

  private ReadAhead<StepRows> readAhead(
      PackedRows rows, int index, StageSettings stage, StartingPoint start, RowShare share) {
    RowOrder order = order(rows, index);
    return new ReadAhead<>(
        "rows of stage " + stage.name() + ", step",
        step -> read(rows, order, step, stage, start.config(), share),
        start.stepInStage() + 1L,
        stage.steps(),
        STEPS_AHEAD,
        READ_DEADLINE,
        environment.nanoClock());
  }

  private StepRows read(
      PackedRows rows,
      RowOrder order,
      long stepInStage,
      StageSettings stage,
      LlamaConfig model,
      RowShare share) {
    return StepRows.read(
        rows,
        order,
        share,
        stepInStage,
        stage.sequencesPerStep(),
        environment.mesh().dataIndex(environment.rank()),
        environment.mesh().data(),
        model.vocabSize());
  }

  /** For a row of one document: with others in it a row may take another route. */
  private void tellRoute(StageSettings stage, RouteChoice route) {
    int ranks = environment.mesh().context();
    if (ranks > 1 && environment.isWriter()) {
      RouteChoice.Choice choice =
          route.explainOneDocument(config.parallel().layout(), stage.sequenceLength(), ranks);
      environment
          .listener()
          .onNotice(
              "stage %s: a row of one document goes %s".formatted(stage.name(), choice.told()));
    }
  }

  private void tellFreeze(StageSettings stage, StageFreeze freeze) {
    if (!freeze.frozen().isEmpty() && environment.isWriter()) {
      environment
          .listener()
          .onNotice(
              "stage %s: %strains %.1f %% of the weights, %d tensors are frozen"
                  .formatted(
                      stage.name(),
                      stage.halfFineTuning().enabled() ? "half fine-tuning " : "",
                      100 * freeze.share(),
                      freeze.frozen().size()));
    }
  }
}
