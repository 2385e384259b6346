package dev.annulus.spark.gang;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import dev.annulus.config.RunConfig;
import dev.annulus.config.RunConfigReader;
import dev.annulus.data.tokenizer.Tokenizer;
import dev.annulus.device.Device;
import dev.annulus.device.choice.DeviceChoice;
import dev.annulus.link.LinkException;
import dev.annulus.link.WatchedLink;
import dev.annulus.link.security.Protection;
import dev.annulus.mesh.Mesh;
import dev.annulus.spark.storage.HadoopSettings;
import dev.annulus.spark.storage.ModelCopy;
import dev.annulus.trainer.checkpoint.CheckpointException;
import dev.annulus.trainer.train.ReplayWorker;
import dev.annulus.trainer.train.RunReport;
import dev.annulus.trainer.train.StepListener;
import dev.annulus.trainer.train.StepReport;
import dev.annulus.trainer.train.TrainingWorker;
import dev.annulus.trainer.train.WorkerEnvironment;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.BarrierTaskContext;

/**
 * One worker on an executor: joins the gang, runs the stages, and says what went wrong before it
 * fails.
 */
final class GangWorker implements GangStage.Worker {
  private static final long serialVersionUID = 1L;

  @Override
  public byte[] run(BarrierTaskContext context, byte[] input) {
    Placement placement = Placement.of(context);
    int rank = placement.rank(context.partitionId());
    try {
      DriverChannel.requireDriversBuild(placement.host(context.partitionId()));
      WorkerAssignment assignment = (WorkerAssignment) WireFormat.decode(input);
      return WireFormat.encode(work(context, assignment));
    } catch (RuntimeException | OutOfMemoryError e) {
      WorkerFailure failure = classify(e, rank, context.stageAttemptNumber());
      DriverChannel.tell(failure);
      throw new WorkerFailedException(failure, e);
    }
  }

  private static Object work(BarrierTaskContext context, WorkerAssignment assignment) {
    int rank = Placement.of(context).rank(context.partitionId());
    RunConfig config =
        RunConfigReader.read("the driver's configuration", assignment.configYaml(), List.of());
    BooleanSupplier cancelled = context::isInterrupted;
    Configuration hadoop = HadoopSettings.ofProcess();
    Optional<Tokenizer> tokenizer =
        config.model().tokenizer().map(location -> ModelCopy.tokenizer(location, hadoop).open());
    DeviceChoice choice = DeviceChoice.of(config.device(), WorkerGpu.of(context));
    WorkerGpu.requirePromised(context, config.device(), choice);
    StepListener listener = rank == 0 ? new Reporter() : step -> {};
    listener.onNotice("Computing on " + choice.reason() + ".");
    Placement placement = Placement.of(context);
    if (placement.hostCount() > 1) {
      listener.onNotice("Ranks: " + placement.describe() + ".");
    }
    // All of one attempt have it in common, and nobody else.
    String gang = Long.toHexString(assignment.runId()) + "x" + context.stageAttemptNumber();
    try (WorkerPulse pulse =
            WorkerPulse.start(
                rank,
                context.stageAttemptNumber(),
                assignment.world(),
                placement.host(context.partitionId()),
                choice.name(),
                DriverChannel::send);
        Rendezvous rendezvous = Rendezvous.join(context, assignment, config, choice, cancelled);
        Device device = choice.open(threads(context, config));
        WorkerFiles files =
            WorkerFiles.open(
                config, hadoop, rank == 0, gang, assignment.replayedStep(), listener)) {
      if (rendezvous.protection() != Protection.CHECKSUM) {
        listener.onNotice(
            "Frames between workers are protected with " + rendezvous.protection().text() + ".");
      }
      rendezvous.warnings().forEach(warning -> listener.onNotice("warning: " + warning));
      WatchedLink link = new WatchedLink(rendezvous.link());
      pulse.watch(link);
      WorkerEnvironment environment =
          new WorkerEnvironment(
              rank,
              new Mesh(config.parallel().context(), config.parallel().data()),
              link,
              device,
              stage -> PackedRowsOfStage.open(config, stage),
              stage -> PackedRowsOfStage.openHeldOut(config, stage),
              files.output().folder(),
              files.model(),
              assignment.configYaml(),
              files.output().checkpoints(),
              tokenizer,
              new Watched(pulse, files.named(listener)),
              System::nanoTime,
              cancelled);
      if (assignment.replayedStep() > 0) {
        return files.named(
            () ->
                new ReplayResult(
                    rank, new ReplayWorker(config, environment, assignment.replayedStep()).run()));
      }
      RunReport report = files.named(() -> new TrainingWorker(config, environment).run());
      files.output().finish();
      pulse.finished();
      // Waits until the driver has it: what was sent before has then reached it too.
      DriverChannel.tell(pulse.status());
      return new WorkerResult(
          rank, report.steps(), report.resumedFrom(), new ArrayList<>(report.stages()));
    } finally {
      tokenizer.ifPresent(Tokenizer::close);
    }
  }

  /** The host's cores are shared out over the workers of the gang that are on it. */
  private static int threads(BarrierTaskContext context, RunConfig config) {
    return config
        .device()
        .threadsOf(
            Runtime.getRuntime().availableProcessors(),
            Placement.of(context).onHostOf(context.partitionId()));
  }

  /** What follows from a failure: only what may go better the next time is worth a restart. */
  private static WorkerFailure classify(Throwable e, int rank, int attempt) {
    WorkerFailure.Kind kind =
        switch (e) {
          case InvalidInputException _ -> WorkerFailure.Kind.WRONG_INPUT;
          // A peer that is gone or a cancelled step is somebody else's failure, who tells of it
          // himself if he still can.
          case LinkException link ->
              link.reason() == LinkException.Reason.PROTOCOL
                  ? WorkerFailure.Kind.FATAL
                  : WorkerFailure.Kind.ECHO;
          case CancellationException _ -> WorkerFailure.Kind.ECHO;
          case UncheckedIOException _ -> WorkerFailure.Kind.RESTART;
          case CheckpointException writing ->
              writing.isLasting() ? WorkerFailure.Kind.FATAL : WorkerFailure.Kind.RESTART;
          default -> WorkerFailure.Kind.FATAL;
        };
    ArrayList<Problem> problems =
        new ArrayList<>(e instanceof InvalidInputException wrong ? wrong.problems() : List.of());
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return new WorkerFailure(rank, attempt, kind, message, problems);
  }

  /** The pulse hears of each step before whoever else does. */
  private record Watched(WorkerPulse pulse, StepListener listener) implements StepListener {
    @Override
    public void onStep(StepReport report) {
      pulse.onStep(report);
      listener.onStep(report);
    }

    @Override
    public void onNotice(String line) {
      listener.onNotice(line);
    }

    @Override
    public void onCheckpoint(long step, double seconds) {
      listener.onCheckpoint(step, seconds);
    }
  }

  /** Rank 0 keeps the driver up to date. */
  private static final class Reporter implements StepListener {
    private static final String WARNING = "warning: ";

    @Override
    public void onStep(StepReport report) {
      DriverChannel.send(report);
    }

    @Override
    public void onCheckpoint(long step, double seconds) {
      DriverChannel.send(new CheckpointDone(step, seconds));
    }

    @Override
    public void onNotice(String line) {
      boolean warning = line.startsWith(WARNING);
      DriverChannel.send(
          new WorkerNotice(0, warning, warning ? line.substring(WARNING.length()) : line));
    }
  }
}
