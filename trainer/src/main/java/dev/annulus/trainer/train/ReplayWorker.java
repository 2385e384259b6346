package dev.annulus.trainer.train;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.RunConfig;
import dev.annulus.config.StageSettings;
import dev.annulus.device.DeviceArena;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * One rank's part in doing a step of a run again, with all that led to it since the newest whole
 * checkpoint before it. Nothing is written into the run, unless a step is not finite: then its
 * evidence is. Every rank of the mesh makes one and calls {@link #run} once.
 */
public final class ReplayWorker {
  private final RunConfig config;
  private final WorkerEnvironment environment;
  private final long step;

  /**
   * Prepares a replay; nothing is read yet.
   *
   * @param step of the run, from 1 to its last
   */
  public ReplayWorker(RunConfig config, WorkerEnvironment environment, long step) {
    this.config = config;
    this.environment = environment;
    this.step = step;
  }

  /**
   * Does the steps.
   *
   * @throws InvalidInputException if model, checkpoint or data are wrong, or weights were merged
   *     between the checkpoint and the step
   * @throws NonFiniteStepException if loss or gradients of a step are not finite
   * @throws RankDisagreementException if the ranks were given different runs
   */
  public StepReplay run() {
    try (TensorCollectives world =
            new TensorCollectives(environment.device(), environment.world());
        DeviceArena arena = environment.device().newArena();
        CloseOnFailure outcome = new CloseOnFailure(environment.world())) {
      RankAgreement.check(world, "configuration", RunFiles.sha256(environment.configYaml()), 0);
      OptionalLong replayed = OptionalLong.of(step);
      StartingPoint start = new RunStart(config, environment, world, arena, replayed).load();
      requireNoMerge(start);
      StepReplay replay = replay(start, world, replayed);
      outcome.succeeded();
      return replay;
    }
  }

  private StepReplay replay(StartingPoint start, TensorCollectives world, OptionalLong replayed) {
    List<StepReport> reports = new ArrayList<>();
    try (WorkerModel worker = WorkerModel.open(config, environment, start);
        BackgroundCheckpoints untouched =
            new BackgroundCheckpoints(environment, world, config.checkpoint().keep())) {
      StageRun stages =
          new StageRun(
              config,
              environment,
              world,
              worker.attention(),
              worker.model(),
              untouched,
              report -> {
                reports.add(report);
                return report;
              },
              update -> {},
              replayed);
      StartingPoint reached = start;
      while (reports.isEmpty() || reports.getLast().step() < step) {
        reached = stages.run(reached);
      }
      return new StepReplay(start.step(), reports.getLast(), stages.norms());
    }
  }

  /** Weights before a merge are in the checkpoint, those behind it in none. */
  private void requireNoMerge(StartingPoint start) {
    long end = start.step() - start.stepInStage();
    int from = start.stepInStage() == 0 ? start.stage() - 1 : start.stage();
    for (int stage = 0; stage < config.stages().size() && end < step; stage++) {
      StageSettings settings = config.stages().get(stage);
      if (stage >= start.stage()) {
        end += settings.steps();
      }
      if (stage >= from && end < step && settings.merge().isPresent()) {
        throw new InvalidInputException(
            "step " + step,
            "the newest checkpoint before it is of step %d, and the merge at the end of stage %s lies between"
                .formatted(start.step(), settings.name()),
            "a step that a checkpoint behind the merge leads to (checkpoint.every_steps,"
                + " checkpoint.keep)");
      }
    }
  }
}
