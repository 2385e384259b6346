package dev.annulus.spark.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Looks at {@code metrics.jsonl} while a run is disturbed. Workers that start replace the file by
 * one that ends with the step of their checkpoint: another file of that name is another start.
 */
final class StepWatch {
  private final TinyRun run;
  private final Object before;
  private final long stepsBefore;
  private long fewest;

  private StepWatch(TinyRun run, Object before, long stepsBefore) {
    this.run = run;
    this.before = before;
    this.stepsBefore = stepsBefore;
    this.fewest = stepsBefore;
  }

  /** From now on, when nothing trains any more. */
  static StepWatch begin(TinyRun run) {
    return new StepWatch(run, file(run.metrics()), run.stepsLogged());
  }

  /** Whether workers have started since, and logged a step. */
  boolean sawRecovery() {
    if (file(run.metrics()).equals(before)) {
      return false;
    }
    long steps = run.stepsLogged();
    fewest = Math.min(fewest, steps);
    return steps > fewest || steps == run.steps();
  }

  /** Whether the same workers have gone on. */
  boolean sawProgress() {
    return file(run.metrics()).equals(before) && run.stepsLogged() > stepsBefore + 2;
  }

  /** Steps that were logged and are done again. */
  long lost() {
    return stepsBefore - fewest;
  }

  /** What tells one file of a name from the next. */
  private static Object file(Path path) {
    try {
      return Files.readAttributes(path, java.nio.file.attribute.BasicFileAttributes.class)
          .fileKey();
    } catch (NoSuchFileException e) {
      return "none yet";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
