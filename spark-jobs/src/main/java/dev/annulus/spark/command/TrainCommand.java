package dev.annulus.spark.command;

import dev.annulus.config.RunConfig;
import dev.annulus.config.RunConfigReader;
import dev.annulus.spark.console.Console;
import dev.annulus.spark.job.SparkSessions;
import dev.annulus.spark.job.TrainJob;
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

  @Override
  public Integer call() throws IOException {
    Console console = options.console();
    RunConfig run = RunConfigReader.read(config, options.overrides);
    try (SparkSession spark = SparkSessions.open(run, run.parallel().world())) {
      TrainJob.Result result = TrainJob.run(spark, run, console);
      result.print(console);
      console.result(result.toJson());
    }
    return 0;
  }
}
