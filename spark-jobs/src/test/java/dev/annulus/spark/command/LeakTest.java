package dev.annulus.spark.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run of many steps and checkpoints holds at its end what it held when it was warm: nothing grows
 * by the step. {@code mvn verify -Dsoak -Dtest=LeakTest} runs the 500 steps, and prints the table
 * of docs/benchmarks.md.
 */
final class LeakTest {
  private static final long MB = 1_000_000;

  @TempDir Path folder;

  @Test
  void nothingGrowsByTheStep() throws Exception {
    hold(80, 40, 4, 10);
  }

  @Test
  @Tag("soak")
  @Timeout(value = 500, unit = TimeUnit.SECONDS)
  void nothingGrowsInFiveHundredSteps() throws Exception {
    hold(500, 50, 10, 50);
  }

  /**
   * Trains two workers over Aeron.
   *
   * @param warm step from which on nothing may grow
   * @param checkpoints every so many steps
   * @param samples every so many steps
   */
  private void hold(int steps, int warm, int checkpoints, int samples) throws Exception {
    assumeTrue(ProcessFootprint.canBeTaken(), "needs Linux's /proc and /dev/shm");
    TinyInput input = TinyInput.write(folder, 2, 1);
    input.replace("run.yaml", "{kind: in_process, timeout_seconds: 20}", "{timeout_seconds: 60}");
    input.replace(
        "run.yaml",
        "steps: 2, sequences_per_step: 2",
        "steps: " + steps + ", sequences_per_step: 2");
    input.replace(
        "run.yaml", "every_steps: 1, keep: 4", "every_steps: " + checkpoints + ", keep: 2");
    TreeMap<Long, ProcessFootprint> taken = new TreeMap<>();
    Thread worker =
        Thread.ofPlatform().start(() -> CommandRun.done(input.command("train", "--quiet")));
    while (worker.isAlive()) {
      long step = stepsDone(input);
      if (step >= warm && step < steps && (taken.isEmpty() || step >= taken.lastKey() + samples)) {
        taken.put(step, ProcessFootprint.take());
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
    }
    System.out.println(
        "| step | heap MB | buffers MB | anonymous MB | /dev/shm MB | files | threads | descriptors"
            + " |");
    taken.forEach((step, footprint) -> System.out.println(footprint.row(step)));
    assertThat(stepsDone(input)).as("steps of the run").isGreaterThanOrEqualTo(steps);
    assertThat(taken.size()).as("samples").isGreaterThanOrEqualTo(2);
    assertHolds(taken, "heap", ProcessFootprint::heap, 8 * MB);
    assertHolds(taken, "direct and mapped buffers", ProcessFootprint::direct, 2 * MB);
    assertHolds(taken, "anonymous memory", ProcessFootprint::anonymous, 64 * MB);
    assertHolds(taken, "bytes in /dev/shm", ProcessFootprint::sharedBytes, 0);
    assertHolds(taken, "files in /dev/shm", ProcessFootprint::sharedFiles, 0);
    // Spark and the JVM still start some of their pools' threads after the first sample.
    assertHolds(taken, "threads", ProcessFootprint::threads, 16);
    assertHolds(taken, "open descriptors", ProcessFootprint::descriptors, 12);
    assertThat(taken.firstEntry().getValue().sharedFiles()).isPositive();
    assertThat(ProcessFootprint.sharedFilesOfThisProcess()).isEmpty();
  }

  private static void assertHolds(
      NavigableMap<Long, ProcessFootprint> taken,
      String what,
      ToLongFunction<ProcessFootprint> figure,
      long slack) {
    assertThat(figure.applyAsLong(taken.lastEntry().getValue()))
        .as("%s at step %d, and at step %d", what, taken.lastKey(), taken.firstKey())
        .isLessThanOrEqualTo(figure.applyAsLong(taken.firstEntry().getValue()) + slack);
  }

  private static long stepsDone(TinyInput input) throws IOException {
    Path metrics = input.out().resolve("metrics.jsonl");
    return Files.exists(metrics)
        ? Files.readString(metrics, StandardCharsets.UTF_8).chars().filter(c -> c == '\n').count()
        : 0;
  }
}
