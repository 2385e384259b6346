package dev.annulus.spark.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A run in a cluster to which things happen, each of which it recovers from before the next. */
final class DisturbedRun {
  private static final Pattern RESTART =
      Pattern.compile("the workers start again from the last checkpoint");
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final NamespaceCluster cluster;
  private final NamespaceRun run;

  DisturbedRun(NamespaceCluster cluster, NamespaceRun run) {
    this.cluster = cluster;
    this.run = run;
  }

  /**
   * What came of an event.
   *
   * @param step that was logged last when it came
   * @param noticed seconds until the driver said that the workers start again; NaN if they did not
   *     have to, or with a new driver
   * @param back seconds until the next step was logged
   * @param lost steps that were done again
   * @param writing whether a checkpoint was being written
   */
  record Outcome(
      ClusterEvent event, long step, double noticed, double back, long lost, boolean writing) {
    @Override
    public String toString() {
      return "%s at step %d%s: noticed after %.1f s, next step after %.1f s, %d steps done again"
          .formatted(event, step, writing ? " (writing)" : "", noticed, back, lost);
    }
  }

  /** Lets it happen when so many steps are logged, and waits until the run goes on. */
  Outcome disturb(ClusterEvent event, long atStep) {
    run.awaitSteps(atStep, PATIENCE);
    int restarts = run.said(RESTART).size();
    long start = System.nanoTime();
    inflict(event);
    StepWatch watch = StepWatch.begin(run.run());
    boolean writing = isWriting();
    long step = run.run().stepsLogged();
    Looks looks = new Looks(event, start, restarts);
    Await.until(
        "going on after " + event,
        PATIENCE,
        () -> looks.areMended() && (watch.sawRecovery() || watch.sawProgress()),
        run::output);
    long back = System.nanoTime();
    return new Outcome(
        event, step, looks.noticed(back), (back - start) / 1e9, watch.lost(), writing);
  }

  /** Looks at what the driver says, and mends what went wrong when its time has come. */
  private final class Looks {
    private static final long EVERY_NS = 50_000_000;

    private final ClusterEvent event;
    private final long start;
    private final int restarts;
    private long noticed;
    private long next;
    private boolean mended;

    Looks(ClusterEvent event, long start, int restarts) {
      this.event = event;
      this.start = start;
      this.restarts = restarts;
    }

    boolean areMended() {
      long now = System.nanoTime();
      if (noticed == 0 && now - start >= next) {
        next = now - start + EVERY_NS;
        look(now);
      }
      if (!mended && now - start >= event.back().toNanos()) {
        mend(event);
        mended = true;
      }
      return mended;
    }

    /** Seconds; NaN if no driver said anything, as nobody had to start again but itself. */
    double noticed(long now) {
      if (noticed == 0) {
        look(now);
      }
      return noticed == 0 ? Double.NaN : (noticed - start) / 1e9;
    }

    private void look(long now) {
      if (run.said(RESTART).size() > restarts) {
        noticed = now;
      }
    }
  }

  private void inflict(ClusterEvent event) {
    switch (event) {
      case ClusterEvent.ExecutorKilled killed -> executor(killed.host()).destroyForcibly();
      case ClusterEvent.ExecutorFrozen frozen ->
          SystemCommand.run("sh", "-c", "kill -STOP " + executor(frozen.host()).pid());
      case ClusterEvent.HostKilled killed -> cluster.kill(killed.host());
      case ClusterEvent.LinkCut cut -> cluster.network().cut(cut.host());
      case ClusterEvent.DriverKilled _ -> {
        run.driver().destroyForcibly();
        await(run.driver());
        // They end when they miss their driver; until then they may log a step.
        Await.until(
            "the end of all executors",
            PATIENCE,
            () -> cluster.executors().isEmpty(),
            () -> cluster.executors().toString());
      }
    }
  }

  private void mend(ClusterEvent event) {
    switch (event) {
      case ClusterEvent.HostKilled killed -> cluster.startWorker(killed.host());
      case ClusterEvent.LinkCut cut -> cluster.network().restore(cut.host());
      case ClusterEvent.DriverKilled _ -> run.submit();
      case ClusterEvent.ExecutorKilled _, ClusterEvent.ExecutorFrozen _ -> {
        // Spark starts another one.
      }
    }
  }

  private ProcessHandle executor(int host) {
    List<ProcessHandle> there = cluster.executors(host);
    assertThat(there).as("executors of host " + host).isNotEmpty();
    return there.getFirst();
  }

  /** Whether a checkpoint is begun and not complete. */
  private boolean isWriting() {
    Path checkpoints = run.run().checkpoints();
    if (!Files.isDirectory(checkpoints)) {
      return true; // the first is to come
    }
    try (Stream<Path> entries = Files.list(checkpoints)) {
      return entries.anyMatch(entry -> entry.toString().endsWith(".partial"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void await(Process process) {
    try {
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }
}
