package dev.annulus.spark.gang;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.RunConfig;
import dev.annulus.config.RunConfigWriter;
import dev.annulus.spark.storage.Location;
import dev.annulus.spark.watch.GangView;
import dev.annulus.spark.watch.RankStatus;
import dev.annulus.spark.watch.RunMetrics;
import dev.annulus.spark.watch.StallWatch;
import dev.annulus.spark.watch.StatusFile;
import dev.annulus.spark.watch.StatusWriting;
import dev.annulus.trainer.train.StepReplay;
import dev.annulus.trainer.train.StepReport;
import java.security.SecureRandom;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/**
 * The driver's side of a training run: starts the workers, hears of their steps, and decides what a
 * failure means. Spark starts the gang again by itself, a bounded number of times; what would fail
 * again the same way ends the job at once.
 */
public final class TrainingGang {
  private static final String JOB_GROUP = "annulus-training";
  private static final long LEAVING_SECONDS = 15;

  private final JavaSparkContext spark;
  private final RunConfig config;
  private final Consumer<StepReport> onStep;
  private final Consumer<String> onNotice;
  private final Consumer<String> onWarning;
  private WorkerFailure cause;
  private long lastStep;
  private boolean restarted;
  private volatile String gaveUp;
  private final GangView view;

  /**
   * @param onStep told of each step while it runs, on another thread
   * @param onNotice lines for people
   * @param onWarning lines that should stand out
   */
  public TrainingGang(
      SparkSession spark,
      RunConfig config,
      Consumer<StepReport> onStep,
      Consumer<String> onNotice,
      Consumer<String> onWarning) {
    this.spark = JavaSparkContext.fromSparkContext(spark.sparkContext());
    this.config = config;
    this.onStep = onStep;
    this.onNotice = onNotice;
    this.onWarning = onWarning;
    this.view = new GangView(config.parallel().world(), System::nanoTime);
  }

  /**
   * In local mode the number of slots never grows: say so instead of waiting for Spark to give up.
   *
   * @throws InvalidInputException if the workers of a run do not fit
   */
  public static void requireSlots(SparkSession session, RunConfig config) {
    JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
    if (spark.isLocal()) {
      requireSlots(spark.master(), spark.defaultParallelism(), config);
    }
  }

  /**
   * The same of a local master.
   *
   * @param slots that it has
   */
  public static void requireSlots(String master, int slots, RunConfig config) {
    int world = config.parallel().world();
    if (slots < world) {
      throw new InvalidInputException(
          "spark.master",
          master + " with " + slots + " slots",
          "at least "
              + world
              + " slots for parallel.context x parallel.data workers, for example local["
              + world
              + "]");
    }
  }

  /**
   * Runs all stages to their end.
   *
   * @return what rank 0 brought home
   * @throws InvalidInputException if the input is to blame
   * @throws TrainingFailedException if anything else is
   */
  public WorkerResult run() {
    try (RunMetrics _ = RunMetrics.show(view, config.parallel().world());
        StatusWriting status = new StatusWriting(statusFile())) {
      WorkerResult result =
          work(0).stream()
              .map(WorkerResult.class::cast)
              .min(Comparator.comparingInt(WorkerResult::rank))
              .orElseThrow();
      status.succeeded();
      return result;
    }
  }

  /**
   * Does a step of a run again, and what leads to it; writes nothing.
   *
   * @param step of the run, from 1
   * @return what rank 0 brought home
   * @throws InvalidInputException if the input is to blame
   * @throws TrainingFailedException if anything else is
   */
  public StepReplay replay(long step) {
    return work(step).stream()
        .map(ReplayResult.class::cast)
        .min(Comparator.comparingInt(ReplayResult::rank))
        .orElseThrow()
        .replay();
  }

  private List<Object> work(long replayedStep) {
    WorkerAssignment assignment =
        new WorkerAssignment(
            RunConfigWriter.write(config),
            new SecureRandom().nextLong(),
            config.parallel().world(),
            replayedStep);
    DriverChannel.listen(this::receive);
    RestartListener restarts = new RestartListener(this::onRestart);
    RunningTasks tasks = new RunningTasks();
    spark.sc().addSparkListener(restarts);
    spark.sc().addSparkListener(tasks);
    ScheduledExecutorService looks =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("annulus-slots").daemon(true).factory());
    var _ = looks.scheduleWithFixedDelay(watch(tasks)::look, 1, 1, TimeUnit.SECONDS);
    StallWatch stalls = new StallWatch(view, () -> tasks.running() > 0, onWarning);
    var _ = looks.scheduleWithFixedDelay(stalls::look, 1, 1, TimeUnit.SECONDS);
    spark.setJobGroup(JOB_GROUP, "annulus train " + config.run().name(), false);
    try {
      List<byte[]> results =
          GangStage.run(spark, assignment.world(), WireFormat.encode(assignment), new GangWorker());
      return results.stream().map(WireFormat::decode).toList();
    } catch (Exception e) {
      awaitLeaving(tasks);
      throw explain(e);
    } finally {
      looks.shutdownNow();
      DriverChannel.stopListening();
      spark.sc().removeSparkListener(restarts);
      spark.sc().removeSparkListener(tasks);
      spark.clearJobGroup();
    }
  }

  /** None on remote storage: every few seconds a file there would be many files. */
  private Optional<StatusFile> statusFile() {
    return Optional.of(config.run().outputDir())
        .filter(location -> !Location.isRemote(location))
        .map(
            location ->
                new StatusFile(
                    view,
                    Location.local(location),
                    config.run().name(),
                    config.stages().stream().mapToLong(stage -> stage.steps()).sum(),
                    onWarning));
  }

  private SlotWatch watch(RunningTasks tasks) {
    return new SlotWatch(
        config.parallel().world(),
        TimeUnit.SECONDS.toNanos(config.run().waitForWorkersSeconds()),
        tasks::running,
        this::cluster,
        System::nanoTime,
        onWarning,
        why -> {
          gaveUp = why;
          spark.sc().cancelJobGroup(JOB_GROUP);
        });
  }

  /** For people: what workers could run on now. */
  private String cluster() {
    int executors = Math.max(0, spark.statusTracker().getExecutorInfos().length - 1);
    if (spark.isLocal()) {
      return spark.master();
    }
    return "%d executors with %d cores in all, %s a worker"
        .formatted(
            executors,
            executors == 0 ? 0 : spark.defaultParallelism(),
            spark.getConf().get("spark.task.cpus", "1"));
  }

  private void awaitLeaving(RunningTasks tasks) {
    try {
      if (!tasks.awaitNone(LEAVING_SECONDS, TimeUnit.SECONDS)) {
        onWarning.accept("some workers have not left their step after " + LEAVING_SECONDS + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private synchronized void receive(Object message) {
    switch (message) {
      case StepReport step -> receiveStep(step);
      case WorkerNotice notice -> (notice.warning() ? onWarning : onNotice).accept(notice.text());
      case RankStatus status -> view.onStatus(status);
      case CheckpointDone done -> view.onCheckpoint(done.step(), done.seconds());
      case WorkerFailure failure -> receiveFailure(failure);
      default -> throw new IllegalArgumentException("unexpected message " + message.getClass());
    }
  }

  /** After a restart also what it has cost. */
  private void receiveStep(StepReport step) {
    if (restarted && step.step() <= lastStep) {
      onNotice.accept(
          "The run goes on with step %d; %d steps are done again."
              .formatted(step.step(), lastStep - step.step() + 1));
    }
    restarted = false;
    lastStep = step.step();
    view.onStep(step);
    onStep.accept(step);
  }

  private void receiveFailure(WorkerFailure failure) {
    if (cause == null
        || cause.attempt() < failure.attempt()
        || (cause.kind() == WorkerFailure.Kind.ECHO && failure.kind() != WorkerFailure.Kind.ECHO)) {
      cause = failure;
    }
    if (failure.kind() == WorkerFailure.Kind.WRONG_INPUT
        || failure.kind() == WorkerFailure.Kind.FATAL) {
      spark.sc().cancelJobGroup(JOB_GROUP);
    }
  }

  /** One line a restart: by then the failure that led to it is known from its echoes. */
  private synchronized void onRestart(int attempt) {
    restarted = true;
    view.onRestart(attempt);
    String why =
        cause == null || cause.attempt() != attempt - 1
            ? "a worker was lost"
            : "rank " + cause.rank() + " left: " + cause.message();
    onWarning.accept(
        why
            + "; the workers start again from the last checkpoint (restart "
            + attempt
            + " of at most "
            + config.run().maxRestarts()
            + ")");
  }

  private synchronized RuntimeException explain(Exception e) {
    if (gaveUp != null) {
      return new TrainingFailedException(gaveUp, e);
    }
    if (cause == null) {
      return new TrainingFailedException("training failed: " + firstLine(e), e);
    }
    if (cause.kind() == WorkerFailure.Kind.WRONG_INPUT) {
      return new InvalidInputException(cause.problems());
    }
    return new TrainingFailedException("rank " + cause.rank() + ": " + cause.message(), e);
  }

  private static String firstLine(Exception e) {
    return e.getMessage() == null
        ? e.getClass().getSimpleName()
        : e.getMessage().lines().findFirst().orElse("");
  }
}
