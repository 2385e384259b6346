package dev.annulus.spark.command;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.RunConfig;
import dev.annulus.config.RunConfigReader;
import dev.annulus.spark.console.Console;
import dev.annulus.spark.job.EvaluateJob;
import dev.annulus.spark.job.SparkSessions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code evaluate}: the losses of a model on documents, by document and by position. */
@Command(
    name = "evaluate",
    description = {
      "The losses of a model on documents, by document and by position.",
      "With --config: the run's final model on evaluation.sources. With --model and --data: any"
          + " model on a JSONL file with text or input_ids."
    })
final class EvaluateCommand implements Callable<Integer> {
  @Mixin CommonOptions options;

  @Option(names = "--config", paramLabel = "FILE", description = "run.yaml")
  Path config;

  @Option(names = "--model", paramLabel = "DIR", description = "a Hugging Face folder, or its URI")
  String model;

  @Option(names = "--data", paramLabel = "PATH", description = "documents, JSONL")
  Path data;

  @Override
  public Integer call() throws IOException {
    Console console = options.console();
    requireOneForm();
    RunConfig run =
        config != null
            ? RunConfigReader.read(config, options.overrides)
            : NoConfigOverrides.check(options.overrides);
    int slots = Runtime.getRuntime().availableProcessors();
    try (SparkSession spark = SparkSessions.open(run, slots)) {
      EvaluateJob.Result result =
          config != null
              ? EvaluateJob.ofRun(spark, run, model)
              : EvaluateJob.ofFile(spark, model, data);
      result.print(console);
      console.result(result.toJson());
    }
    return 0;
  }

  private void requireOneForm() {
    List<String> missing = new ArrayList<>();
    if (config == null) {
      if (model == null) {
        missing.add("--model");
      }
      if (data == null) {
        missing.add("--data");
      }
    } else if (data != null) {
      throw new InvalidInputException(
          "--data", data.toString(), "no --data beside --config, which names its own data");
    }
    if (!missing.isEmpty()) {
      throw new InvalidInputException(
          "command line",
          "no --config and no " + String.join(" and no ", missing),
          "--config FILE, or --model DIR with --data PATH");
    }
  }
}
