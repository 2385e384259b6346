package dev.annulus.spark.command;

import dev.annulus.config.RunConfig;
import dev.annulus.config.RunConfigReader;
import dev.annulus.spark.console.Console;
import dev.annulus.spark.job.Preparation;
import dev.annulus.spark.job.SparkSessions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code prepare}: sources to packed rows, one folder for each length that a stage asks for. */
@Command(name = "prepare", description = "Packs the sources of a run for each of its stages.")
final class PrepareCommand implements Callable<Integer> {
  @Mixin CommonOptions options;

  @Option(names = "--config", required = true, paramLabel = "FILE", description = "run.yaml")
  Path config;

  @Override
  public Integer call() throws IOException {
    Console console = options.console();
    RunConfig run = RunConfigReader.read(config, options.overrides);
    try (SparkSession spark = SparkSessions.open(run, Runtime.getRuntime().availableProcessors())) {
      Preparation preparation = Preparation.run(spark, run, console);
      console.result(preparation.toJson());
    }
    return 0;
  }
}
