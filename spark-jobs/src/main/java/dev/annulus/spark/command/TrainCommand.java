package dev.annulus.spark.command;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.RunConfig;
import dev.annulus.config.RunConfigReader;
import dev.annulus.spark.console.Console;
import dev.annulus.spark.job.ReplayJob;
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

  @Option(
      names = "--replay-step",
      paramLabel = "N",
      description =
          "Do step N of the run again from the checkpoint before it, tell its norms and whether it"
              + " gives the bits of metrics.jsonl; writes nothing. Exit code 1 if it does not.")
  Long replayedStep;

  @Override
  public Integer call() throws IOException {
    Console console = options.console();
    RunConfig run = RunConfigReader.read(config, options.overrides);
    if (dryRun && replayedStep != null) {
      throw new InvalidInputException(
          "command line", "--dry-run and --replay-step", "one of the two");
    }
    if (dryRun) {
      TrainPlan plan = TrainPlan.of(run);
      plan.print(console);
      console.result(plan.toJson());
      return 0;
    }
    try (SparkSession spark = SparkSessions.open(run, run.parallel().world())) {
      if (replayedStep != null) {
        ReplayJob.Result result = ReplayJob.run(spark, run, replayedStep, console);
        result.print(console);
        console.result(result.toJson());
        return result.differences().isEmpty() ? 0 : 1;
      }
      TrainJob.Result result = TrainJob.run(spark, run, console);
      result.print(console);
      console.result(result.toJson());
    }
    return 0;
  }
}
