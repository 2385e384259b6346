package dev.annulus.trainer.train;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import dev.annulus.config.RunConfig;
import dev.annulus.config.StageSettings;
import dev.annulus.data.tokenizer.Tokenizer;
import dev.annulus.trainer.checkpoint.CheckpointFiles;
import dev.annulus.trainer.checkpoint.MomentFiles;
import dev.annulus.trainer.checkpoint.TrainingState;
import dev.annulus.trainer.freeze.StageFreeze;
import dev.annulus.trainer.huggingface.HuggingFaceModel;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.optimizer.AdamWState;
import dev.annulus.trainer.optimizer.ParameterRange;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * A verified checkpoint to a starting point, if it belongs to this run. The mesh may be another:
 * nothing but how a checkpoint is cut into files depends on it.
 */
final class CheckpointReader {
  private final RunConfig config;
  private final WorkerEnvironment environment;
  private final LlamaConfig model;
  private final RunWeights weights;
  private final long lastStep;

  /** Hands out what no rank holds alone. */
  interface Handing {
    /**
     * Fills the moments of a stage that was begun, on all ranks.
     *
     * @param mean open during the call
     * @param variance open during the call
     */
    void handOut(StartingPoint start, MomentFiles mean, MomentFiles variance);
  }

  /**
   * Prepares to read.
   *
   * @param model as the settings say
   * @param weights to fill
   * @param lastStep the last step that may be done again from a log of {@code zo_sgd}
   */
  CheckpointReader(
      RunConfig config,
      WorkerEnvironment environment,
      LlamaConfig model,
      RunWeights weights,
      long lastStep) {
    this.config = config;
    this.environment = environment;
    this.model = model;
    this.weights = weights;
    this.lastStep = lastStep;
  }

  /**
   * Reads weights and, in the middle of a stage, moments.
   *
   * @param handing takes the moments where there are any, after everything was found to be right
   * @throws InvalidInputException with everything in which the checkpoint is of another run
   */
  StartingPoint read(Path checkpoint, Handing handing) {
    TrainingState state = CheckpointFiles.readState(checkpoint);
    LlamaConfig stored = HuggingFaceModel.readConfig(CheckpointFiles.model(checkpoint));
    List<Problem> problems = new ArrayList<>();
    problems.addAll(
        ModelSource.mismatches(model, stored, CheckpointFiles.model(checkpoint) + "/config.json"));
    checkState(state, checkpoint + "/state.json", problems);
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    weights.fill(
        into ->
            HuggingFaceModel.readWeights(
                CheckpointFiles.model(checkpoint), stored, into, environment.device()));
    tellDifferences(state);
    if (state.stepInStage() == config.stages().get(state.stage()).steps()) {
      return StartingPoint.between(model, weights, state.step(), state.stage() + 1);
    }
    return begun(state, checkpoint, handing);
  }

  private StartingPoint begun(TrainingState state, Path checkpoint, Handing handing) {
    StageFreeze freeze = StageFreeze.of(new TreeSet<>(state.frozen()), model);
    ParameterLayout moments =
        AdamWState.layout(config.stages().get(state.stage()).optimizer(), freeze.trainable());
    try (MomentFiles mean = CheckpointFiles.mean(checkpoint, moments);
        MomentFiles variance = CheckpointFiles.variance(checkpoint, moments)) {
      StartingPoint.Begun begun =
          new StartingPoint.Begun(
              freeze.frozen(),
              new AdamWState(
                  environment.device(),
                  ParameterRange.of(moments, environment.rank(), environment.mesh().world())));
      try {
        StartingPoint start =
            new StartingPoint(
                model,
                weights,
                state.step(),
                state.stage(),
                state.stepInStage(),
                Optional.of(begun));
        start = ZerothOrderReplay.after(start, lastStep, config, environment);
        handing.handOut(start, mean, variance);
        return start;
      } catch (RuntimeException e) {
        begun.optimizer().close();
        throw e;
      }
    }
  }

  private void checkState(TrainingState state, String place, List<Problem> problems) {
    if (state.stage() >= config.stages().size()) {
      problems.add(
          new Problem(
              "stages",
              config.stages().size() + " stages",
              "more than " + state.stage() + ": " + place + " is of stage " + state.stageName()));
    } else {
      checkStage(state, place, problems);
    }
    if (state.seed() != config.run().seed()) {
      problems.add(
          new Problem(
              "run.seed", Long.toString(config.run().seed()), state.seed() + ", as in " + place));
    }
    String tokenizer = environment.tokenizer().map(Tokenizer::fingerprint).orElse(null);
    if (tokenizer != null
        && state.tokenizerSha256() != null
        && !tokenizer.equals(state.tokenizerSha256())) {
      problems.add(
          new Problem(
              "model.tokenizer",
              "fingerprint " + tokenizer,
              "the tokeniser of " + place + ", " + state.tokenizerSha256()));
    }
  }

  private void checkStage(TrainingState state, String place, List<Problem> problems) {
    StageSettings stage = config.stages().get(state.stage());
    String key = "stages." + state.stage();
    if (!stage.name().equals(state.stageName())) {
      problems.add(
          new Problem(key + ".name", stage.name(), state.stageName() + ", as in " + place));
    }
    if (state.stepInStage() > stage.steps()) {
      problems.add(
          new Problem(
              key + ".steps",
              Integer.toString(stage.steps()),
              "at least " + state.stepInStage() + ", done already in " + place));
    }
    boolean begun = state.stepInStage() < stage.steps();
    if (begun && StageFreeze.isOfSettings(stage) && !freezes(stage, state)) {
      problems.add(
          new Problem(
              key + ".half_fine_tuning and .freeze",
              stage.halfFineTuning() + " and " + stage.freeze(),
              "what "
                  + place
                  + " was frozen with: "
                  + state.frozen().size()
                  + " tensors, mode "
                  + state.freezeMode()
                  + ", seed "
                  + state.freezeSeed()));
    }
    if (begun && state.rowsVisited() != (long) state.stepInStage() * stage.sequencesPerStep()) {
      problems.add(
          new Problem(
              key + ".sequences_per_step",
              Integer.toString(stage.sequencesPerStep()),
              state.rowsVisited() / state.stepInStage() + ", as in " + place));
    }
  }

  /** Whether the settings leave alone what the checkpoint left alone. */
  private boolean freezes(StageSettings stage, TrainingState state) {
    StageFreeze ofSettings =
        StageFreeze.of(
            stage,
            state.stage(),
            model,
            () -> {
              throw new IllegalStateException("only asked for where settings decide");
            });
    return ofSettings.frozen().equals(new TreeSet<>(state.frozen()));
  }

  private void tellDifferences(TrainingState state) {
    environment
        .listener()
        .onNotice("resuming after step " + state.step() + " (stage " + state.stageName() + ")");
    if (state.context() != environment.mesh().context()
        || state.data() != environment.mesh().data()) {
      environment
          .listener()
          .onNotice(
              "warning: the checkpoint was written at context %d, data %d; at context %d, data %d the run goes on but not to the same bits"
                  .formatted(
                      state.context(),
                      state.data(),
                      environment.mesh().context(),
                      environment.mesh().data()));
    } else if (!RunFiles.configHash(config).equals(state.configSha256())) {
      environment
          .listener()
          .onNotice(
              "warning: model, data, stages or device are not configured as when the checkpoint was"
                  + " written");
    }
  }
}
