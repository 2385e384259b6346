package dev.annulus.spark.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** A run that is submitted to a cluster in namespaces, and its driver. */
final class NamespaceRun {
  private final NamespaceCluster cluster;
  private final TinyRun run;
  private final List<String> conf;
  private final List<String> overrides;
  private Process driver;

  private NamespaceRun(
      NamespaceCluster cluster, TinyRun run, List<String> conf, List<String> overrides) {
    this.cluster = cluster;
    this.run = run;
    this.conf = conf;
    this.overrides = overrides;
    submit();
  }

  /**
   * Submits a run.
   *
   * @param run as for local mode
   * @param conf more properties of Spark, {@code key=value}
   * @param overrides of the run's configuration
   */
  static NamespaceRun start(
      NamespaceCluster cluster, TinyRun run, List<String> conf, List<String> overrides) {
    return new NamespaceRun(cluster, run.submittable(), conf, overrides);
  }

  /** Starts a driver, the first or the next after one that is gone. */
  void submit() {
    driver = cluster.submit(run, conf, overrides);
  }

  TinyRun run() {
    return run;
  }

  Process driver() {
    return driver;
  }

  /** What all its drivers have said. */
  String output() {
    try {
      return Files.readString(run.folder().resolve("output"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What a pattern finds in the drivers' words, in their order. */
  List<MatchResult> said(Pattern pattern) {
    return pattern.matcher(output()).results().toList();
  }

  /** Waits until so many steps are logged; the driver must not end before. */
  void awaitSteps(long steps, Duration deadline) {
    Await.until(
        "step " + steps,
        deadline,
        () -> {
          assertThat(driver.isAlive()).as(this::output).isTrue();
          return run.stepsLogged() >= steps;
        },
        this::output);
  }

  /** Waits for the end, which must be a good one; gives what the drivers said. */
  String awaitSuccess(Duration deadline) {
    Await.until("the end of the run", deadline, () -> !driver.isAlive(), this::output);
    assertThat(driver.exitValue()).as(this::output).isZero();
    return output();
  }
}
