package dev.annulus.spark.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A run in a cluster to which things happen, each of which it recovers from before the next. */
final class DisturbedRun {
  private static final Pattern RESTART =
      Pattern.compile("the workers start again from the last checkpoint");
  private static final Duration PATIENCE = Duration.ofSeconds(180);

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
   * @param noticed seconds until the driver said that workers start again, or was submitted again;
   *     NaN if nobody had to
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
    StepWatch watch = begin(event);
    boolean writing = isWriting();
    long step = run.run().stepsLogged();
    long[] noticed = {0};
    if (event instanceof ClusterEvent.DriverKilled) {
      noticed[0] = System.nanoTime();
    }
    long[] nextLook = {0};
    Await.until(
        "going on after " + event,
        PATIENCE,
        () -> {
          long now = System.nanoTime();
          if (noticed[0] == 0 && now >= nextLook[0]) {
            nextLook[0] = now + Duration.ofMillis(50).toNanos();
            if (run.said(RESTART).size() > restarts) {
              noticed[0] = now;
            }
          }
          return watch.sawRecovery() || watch.sawProgress();
        },
        run::output);
    long back = System.nanoTime();
    if (noticed[0] == 0 && run.said(RESTART).size() > restarts) {
      noticed[0] = back;
    }
    return new Outcome(
        event,
        step,
        noticed[0] == 0 ? Double.NaN : (noticed[0] - start) / 1e9,
        (back - start) / 1e9,
        watch.lost(),
        writing);
  }

  /** Does what the event says; the steps are watched from when nothing trains any more. */
  private StepWatch begin(ClusterEvent event) {
    TinyRun tiny = run.run();
    switch (event) {
      case ClusterEvent.ExecutorKilled killed -> {
        executor(killed.host()).destroyForcibly();
        return StepWatch.begin(tiny);
      }
      case ClusterEvent.ExecutorFrozen frozen -> {
        SystemCommand.run("sh", "-c", "kill -STOP " + executor(frozen.host()).pid());
        return StepWatch.begin(tiny);
      }
      case ClusterEvent.HostKilled killed -> {
        cluster.kill(killed.host());
        StepWatch watch = StepWatch.begin(tiny);
        pause(killed.back());
        cluster.startWorker(killed.host());
        return watch;
      }
      case ClusterEvent.LinkCut cut -> {
        cluster.network().cut(cut.host());
        StepWatch watch = StepWatch.begin(tiny);
        pause(cut.back());
        cluster.network().restore(cut.host());
        return watch;
      }
      case ClusterEvent.DriverKilled killed -> {
        run.driver().destroyForcibly();
        await(run.driver());
        Await.until(
            "the end of all executors",
            PATIENCE,
            () -> cluster.executors().isEmpty(),
            () -> cluster.executors().toString());
        StepWatch watch = StepWatch.begin(tiny);
        pause(killed.back());
        run.submit();
        return watch;
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

  /** The time that a host or a cable is away. */
  private static void pause(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() - end < 0) {
      LockSupport.parkNanos(end - System.nanoTime());
    }
  }
}
