package dev.annulus.spark.command;

import dev.annulus.config.RunConfig;
import dev.annulus.config.RunConfigReader;
import dev.annulus.spark.console.Console;
import dev.annulus.spark.job.SparkSessions;
import dev.annulus.spark.job.TrainJob;
import dev.annulus.spark.job.TrainPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code train}: runs the stages; resumes by itself where an earlier run left off. */
@Command(name = "train", description = "Runs the stages of a run; resumes where it left off.")
final class TrainCommand implements Callable<Integer> {
  @Mixin CommonOptions options;

  @Option(names = "--config", required = true, paramLabel = "FILE", description = "run.yaml")
  Path config;

  @Option(
      names = "--dry-run",
      description =
          "Check everything and say what the run would take; trains nothing, writes nothing.")
  boolean dryRun;

  @Override
  public Integer call() throws IOException {
    Console console = options.console();
    RunConfig run = RunConfigReader.read(config, options.overrides);
    if (dryRun) {
      TrainPlan plan = TrainPlan.of(run);
      plan.print(console);
      console.result(plan.toJson());
      return 0;
    }
    try (SparkSession spark = SparkSessions.open(run, run.parallel().world())) {
      TrainJob.Result result = TrainJob.run(spark, run, console);
      result.print(console);
      console.result(result.toJson());
    }
    return 0;
  }
}
