package dev.annulus.spark.gang;

import dev.annulus.link.WatchedLink;
import dev.annulus.spark.watch.RankStatus;
import dev.annulus.trainer.train.StepReport;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Tells the driver every few seconds what a worker does, on a thread of its own: it goes on while
 * the worker waits, and ends with the process.
 */
final class WorkerPulse implements AutoCloseable {
  /** How often in a gang of a few workers. */
  static final long EVERY_MS = 1_000;

  /** So many messages a second reach the driver at most, of all workers. */
  private static final int MESSAGES_A_SECOND = 32;

  private final int rank;
  private final int attempt;
  private final String host;
  private final String device;
  private final ScheduledExecutorService thread;
  private volatile WatchedLink link;
  private volatile LastStep last = new LastStep(0, 0, 0);
  private volatile String doing = "joins the others";

  /** The worker's alone. */
  private long waitedNs;

  private record LastStep(long step, double tokensPerSecond, double waitShare) {}

  private WorkerPulse(
      int rank, int attempt, String host, String device, ScheduledExecutorService thread) {
    this.rank = rank;
    this.attempt = attempt;
    this.host = host;
    this.device = device;
    this.thread = thread;
  }

  /**
   * Starts.
   *
   * @param tell told of each status
   */
  static WorkerPulse start(
      int rank, int attempt, int world, String host, String device, Consumer<RankStatus> tell) {
    ScheduledExecutorService thread =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("annulus-pulse-" + rank).daemon(true).factory());
    WorkerPulse pulse = new WorkerPulse(rank, attempt, host, device, thread);
    long everyMs = Math.max(EVERY_MS, 1_000L * world / MESSAGES_A_SECOND);
    var _ =
        thread.scheduleWithFixedDelay(
            () -> tell.accept(pulse.status()), 0, everyMs, TimeUnit.MILLISECONDS);
    return pulse;
  }

  /** The others are there: from now on it is told whom the worker waits for. */
  void watch(WatchedLink watched) {
    link = watched;
    doing = "loads the model";
  }

  /** A step is done; by the worker. */
  void onStep(StepReport report) {
    long nowWaitedNs = link.ringWaitedNs();
    double share =
        report.stepMs() == 0 ? 0 : Math.min(1, (nowWaitedNs - waitedNs) / 1e6 / report.stepMs());
    waitedNs = nowWaitedNs;
    last = new LastStep(report.step(), report.tokensPerSecond(), share);
    doing = "does step " + (report.step() + 1);
  }

  /** The run is over; by the worker. */
  void finished() {
    doing = "has finished";
  }

  /** What the worker does now. */
  RankStatus status() {
    WatchedLink watched = link;
    LastStep step = last;
    WatchedLink.Wait wait = watched == null ? null : watched.waiting().orElse(null);
    return new RankStatus(
        rank,
        attempt,
        host,
        device,
        doing,
        step.step(),
        step.tokensPerSecond(),
        step.waitShare(),
        watched == null ? 0 : watched.ringBytesSent(),
        watched == null ? 0 : watched.ringBytesReceived(),
        wait == null ? RankStatus.NOBODY : wait.peer(),
        wait == null ? "" : (wait.sending() ? "to take " : "") + wait.tag(),
        wait == null ? 0 : TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - wait.sinceNs()));
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
