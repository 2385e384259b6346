package dev.annulus.spark.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A run in a process that is killed at a chosen point, as {@code kill -9} does. */
final class KilledRun {
  private static final long DEADLINE_SECONDS = 120;

  private final TinyRun run;
  private final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
  private final Instant started = Instant.now();
  private final Process process;

  private KilledRun(TinyRun run, String... arguments) {
    this.run = run;
    this.process = AnnulusProcess.start(run.folder(), arguments);
  }

  /**
   * Starts the run and kills it.
   *
   * @return what it had done, for people
   */
  static String kill(TinyRun run, KillPoint point, String... arguments) throws Exception {
    long before = run.stepsLogged();
    KilledRun killed = new KilledRun(run, arguments);
    try {
      return killed.killAt(point, before);
    } finally {
      killed.process.destroyForcibly();
    }
  }

  private String killAt(KillPoint point, long stepsBefore) throws Exception {
    switch (point) {
      case KillPoint.AfterStart start -> stayAlive(start.later().toNanos());
      case KillPoint.AfterSteps after -> {
        awaitSteps(Math.max(after.steps(), stepsBefore + 1));
        stayAlive(after.later().toNanos());
      }
      case KillPoint.WhileWriting writing -> {
        awaitSteps(Math.max(writing.steps(), stepsBefore + 1));
        while (!stopWhileWriting()) {
          stayAlive(TimeUnit.MILLISECONDS.toNanos(1));
        }
      }
    }
    process.destroyForcibly();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as("killed, not finished").isEqualTo(128 + 9);
    if (point instanceof KillPoint.WhileWriting) {
      assertThat(halfWritten()).as("a checkpoint that was being written").isPresent();
    }
    return point
        + ": "
        + run.stepsLogged()
        + " steps logged"
        + halfWritten().map(p -> ", " + p.getFileName()).orElse("");
  }

  /**
   * Writing takes milliseconds: the process is held while it is looked at once more, and let go if
   * the checkpoint was completed meanwhile.
   */
  private boolean stopWhileWriting() throws Exception {
    if (halfWritten().isEmpty()) {
      return false;
    }
    signal("STOP");
    if (halfWritten().isPresent()) {
      return true;
    }
    signal("CONT");
    return false;
  }

  /** What this process has begun of a checkpoint, with at least one file in it. */
  private Optional<Path> halfWritten() throws IOException {
    if (!Files.isDirectory(run.checkpoints())) {
      return Optional.empty();
    }
    try (Stream<Path> entries = Files.list(run.checkpoints())) {
      for (Path entry : (Iterable<Path>) entries::iterator) {
        if (entry.getFileName().toString().endsWith(".partial") && hasFiles(entry)) {
          return Optional.of(entry);
        }
      }
    }
    return Optional.empty();
  }

  /** Not one that an earlier process left. */
  private boolean hasFiles(Path partial) {
    try (Stream<Path> entries = Files.walk(partial)) {
      return Files.getLastModifiedTime(partial).toInstant().isAfter(started)
          && entries.anyMatch(Files::isRegularFile);
    } catch (IOException | java.io.UncheckedIOException e) {
      return false; // completed, and so renamed, while it was looked at
    }
  }

  private void signal(String name) throws Exception {
    Process kill =
        new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid()).inheritIO().start();
    assertThat(kill.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(kill.exitValue()).as("kill -" + name).isZero();
  }

  private void awaitSteps(long steps) throws Exception {
    while (run.stepsLogged() < steps) {
      stayAlive(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }

  /** Waits, and fails if the process ends instead or what is waited for has not come in time. */
  private void stayAlive(long nanos) throws Exception {
    assertThat(System.nanoTime()).as("waiting in " + run.folder()).isLessThan(deadline);
    boolean ended = process.waitFor(nanos, TimeUnit.NANOSECONDS);
    assertThat(ended)
        .as("ended before it was killed: %s", Files.readString(run.folder().resolve("stderr")))
        .isFalse();
  }
}
