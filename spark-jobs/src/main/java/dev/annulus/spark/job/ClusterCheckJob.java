package dev.annulus.spark.job;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.InvalidInputException;
import dev.annulus.config.RunConfig;
import dev.annulus.spark.console.Console;
import dev.annulus.spark.doctor.cluster.ClusterCheck;
import dev.annulus.spark.doctor.cluster.ClusterReport;
import dev.annulus.spark.gang.SingleGang;
import dev.annulus.spark.gang.TrainingGang;
import java.io.IOException;
import java.util.Optional;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** {@code doctor --cluster}: looks at what a run would stand on, as a run would use it. */
public final class ClusterCheckJob {
  /** Of a check of two minutes; the rest of a minute goes to starting. */
  public static final int SECONDS = 120;

  private ClusterCheckJob() {}

  /**
   * With the workers of a run, its transport, security, model and output directory.
   *
   * @throws InvalidInputException if the run's model cannot be read or its workers do not fit
   */
  public static ClusterReport ofRun(RunConfig run, int seconds, Console console)
      throws IOException {
    AttentionShape shape = StartModel.config(run).attentionShape();
    int workers = run.parallel().world();
    try (SparkSession session = SparkSessions.openOnce(run, workers)) {
      TrainingGang.requireSlots(session, run);
      return check(session, workers, run, Optional.of(shape), seconds, console);
    }
  }

  /**
   * With a worker in each slot of the cluster.
   *
   * @param defaults transport and the like
   */
  public static ClusterReport ofAllSlots(RunConfig defaults, int seconds, Console console)
      throws IOException {
    int cores = Runtime.getRuntime().availableProcessors();
    try (SparkSession session = SparkSessions.openOnce(defaults, cores)) {
      JavaSparkContext spark = JavaSparkContext.fromSparkContext(session.sparkContext());
      int slots = SingleGang.slots(spark);
      if (slots < 1) {
        throw new IllegalStateException("the cluster has no executor to run a worker on");
      }
      return check(session, slots, defaults, Optional.empty(), seconds, console);
    }
  }

  private static ClusterReport check(
      SparkSession session,
      int workers,
      RunConfig config,
      Optional<AttentionShape> shape,
      int seconds,
      Console console) {
    console.say("Checking with " + workers + (workers == 1 ? " worker ..." : " workers ..."));
    return ClusterCheck.run(
        JavaSparkContext.fromSparkContext(session.sparkContext()),
        workers,
        config,
        shape,
        seconds,
        console::warn);
  }
}
