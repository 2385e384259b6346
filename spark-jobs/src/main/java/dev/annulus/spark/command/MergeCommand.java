package dev.annulus.spark.command;

import dev.annulus.config.MergeConfig;
import dev.annulus.config.MergeConfigReader;
import dev.annulus.config.MergeEvaluation;
import dev.annulus.spark.console.Console;
import dev.annulus.spark.job.ContinualScores;
import dev.annulus.spark.job.MergeEvaluationJob;
import dev.annulus.spark.job.MergeJob;
import dev.annulus.spark.job.SparkSessions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code merge}: folds finished models together, one by one, without training. */
@Command(
    name = "merge",
    description = {
      "Folds models that were fine-tuned from one base into one, without training.",
      "With merge.state more models can be folded in later."
    })
final class MergeCommand implements Callable<Integer> {
  @Mixin CommonOptions options;

  @Option(names = "--config", required = true, paramLabel = "FILE", description = "merge.yaml")
  Path config;

  @Option(
      names = "--dry-run",
      description = "Check the folders and say what would be done, with bytes and time.")
  boolean dryRun;

  @Option(
      names = "--evaluate",
      paramLabel = "FILE",
      description =
          "data.yaml: score the base, each model and the merge after each model on its data sets.")
  Path evaluate;

  @Override
  public Integer call() throws IOException {
    Console console = options.console();
    MergeConfig merge = MergeConfigReader.read(config, options.overrides);
    Optional<MergeEvaluation> data = Optional.ofNullable(evaluate).map(MergeEvaluation::read);
    MergeJob.check(merge);
    int slots = Runtime.getRuntime().availableProcessors();
    try (SparkSession spark = SparkSessions.open(merge.spark(), "merge", slots)) {
      if (dryRun) {
        console.result(MergeJob.plan(spark, merge, console));
        return 0;
      }
      Optional<ContinualScores> scores =
          data.map(sets -> MergeEvaluationJob.run(spark, merge, sets, console));
      MergeJob.Result result = MergeJob.run(spark, merge, console);
      result.print(console);
      Map<String, Object> json = new LinkedHashMap<>(result.toJson());
      scores.ifPresent(
          found -> {
            console.say("");
            console.say(found.table());
            console.say("");
            console.say(found.summary());
            json.put("evaluation", found.toJson());
          });
      console.result(json);
    }
    return 0;
  }
}
