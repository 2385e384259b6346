package dev.annulus.trainer.train;

import dev.annulus.config.RunConfig;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.counting.DeviceTraits;
import dev.annulus.mesh.Mesh;
import dev.annulus.ring.RingAttention;
import dev.annulus.trainer.plan.RunPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** One rank's whole run. Every rank of the mesh makes one and calls {@link #run} once. */
public final class TrainingWorker {
  private final RunConfig config;
  private final WorkerEnvironment environment;

  /** Prepares a run; nothing is read yet. */
  public TrainingWorker(RunConfig config, WorkerEnvironment environment) {
    Mesh mesh = environment.mesh();
    if (mesh.context() != config.parallel().context() || mesh.data() != config.parallel().data()) {
      throw new IllegalArgumentException(mesh + " for a configuration of " + config.parallel());
    }
    this.config = config;
    this.environment = environment;
  }

  /**
   * Starts or resumes, trains the stages, writes {@code final/}. Rank 0's errors about the model or
   * a checkpoint are thrown on every rank; another failure on one rank reaches the others as a
   * {@link dev.annulus.link.LinkException} when its link is closed.
   *
   * @throws dev.annulus.config.InvalidInputException if model, checkpoint or data are wrong
   * @throws dev.annulus.trainer.checkpoint.CheckpointException if something cannot be written
   * @throws NonFiniteStepException if loss or gradients of a step are not finite
   * @throws RankDisagreementException if the ranks were given different runs
   * @throws java.util.concurrent.CancellationException if the environment says so
   */
  public RunReport run() {
    try (TensorCollectives world =
            new TensorCollectives(environment.device(), environment.world());
        DeviceArena arena = environment.device().newArena();
        CloseOnFailure outcome = new CloseOnFailure(environment.world())) {
      RankAgreement.check(world, "configuration", RunFiles.sha256(environment.configYaml()), 0);
      StartingPoint start =
          new RunStart(config, environment, world, arena, OptionalLong.empty()).load();
      Optional<RunFiles> files =
          environment.isWriter()
              ? Optional.of(RunFiles.open(environment, start.step()))
              : Optional.empty();
      RunReport report = train(start, world, files);
      outcome.succeeded();
      return report;
    }
  }

  private RunReport train(StartingPoint start, TensorCollectives world, Optional<RunFiles> files) {
    List<StepReport> reports = new ArrayList<>();
    files.ifPresent(writer -> reports.addAll(writer.reports()));
    LossSpikes spikes = new LossSpikes(reports);
    StartingPoint reached = start;
    if (environment.isWriter()) {
      RunPlan plan =
          RunPlan.of(
              config, start.config(), DeviceTraits.of(environment.device(), start.heldBytes()));
      plan.warnings().forEach(warning -> environment.listener().onNotice("warning: " + warning));
      environment.listener().onNotice(plan.memoryLine());
    }
    try (WorkerModel worker = WorkerModel.open(config, environment, start);
        BackgroundCheckpoints checkpoints =
            new BackgroundCheckpoints(environment, world, config.checkpoint().keep());
        CloseOnFailure outcome = new CloseOnFailure(environment.world())) {
      StageRun stages =
          new StageRun(
              config,
              environment,
              world,
              worker.attention(),
              worker.model(),
              checkpoints,
              report -> {
                StepReport compared = report.withLossZscore(spikes.next(report.loss()));
                files.ifPresent(writer -> writer.append(compared));
                reports.add(compared);
                tellSpike(compared);
                tellPeers(compared, start, worker.attention());
                return compared;
              },
              update -> files.ifPresent(writer -> writer.append(update)),
              OptionalLong.empty());
      StageMerges merges = new StageMerges(config, environment, world, worker.model());
      // A checkpoint at the end of a stage holds its weights as they were before the merge.
      merges.finish(reached);
      while (reached.stage() < config.stages().size()) {
        merges.begin(reached);
        reached = stages.run(reached);
        merges.finish(reached);
      }
      outcome.succeeded();
    }
    StartingPoint end = reached;
    files.ifPresent(
        writer ->
            writer.finish(
                StageRun.configOf(end.config(), config, config.stages().size() - 1),
                end.weights(),
                end.step()));
    return RunReport.of(
        end.step(), start.step(), RunFiles.finalFolder(environment.outputDir()), reports);
  }

  /** After the first step, when it is known who copies from whom. */
  private void tellPeers(StepReport report, StartingPoint start, RingAttention attention) {
    if (report.step() == start.step() + 1
        && environment.isWriter()
        && environment.mesh().context() > 1
        && !environment.device().hasHostMemory()) {
      environment
          .listener()
          .onNotice(
              "Blocks pass by copies from GPU to GPU between worker 0 and %s workers of its ring."
                  .formatted(attention.describePeers()));
    }
  }

  private void tellSpike(StepReport report) {
    if (report.lossZscore() >= LossSpikes.SPIKE && environment.isWriter()) {
      environment
          .listener()
          .onNotice(
              "warning: the loss of step %d, %.4f, lies %.1f standard deviations above that of the last steps"
                  .formatted(report.step(), report.loss(), report.lossZscore()));
    }
  }
}
