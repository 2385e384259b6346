package dev.annulus.spark.job;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.RunConfig;
import dev.annulus.config.StageSettings;
import dev.annulus.spark.console.Console;
import dev.annulus.spark.console.TextTable;
import dev.annulus.spark.gang.TrainingGang;
import dev.annulus.spark.storage.Location;
import dev.annulus.spark.storage.RunOutput;
import dev.annulus.trainer.train.MetricsLog;
import dev.annulus.trainer.train.StepReplay;
import dev.annulus.trainer.train.StepReport;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;

/** {@code train --replay-step}: does one step of a run again and compares it with the metrics. */
public final class ReplayJob {
  private ReplayJob() {}

  /**
   * A step, twice.
   *
   * @param logged what {@code metrics.jsonl} says of it
   */
  public record Result(StepReplay replay, StepReport logged) {
    /** What differs, as now and then; nothing if the step gave the same bits. */
    public Map<String, String> differences() {
      Map<String, String> differences = new LinkedHashMap<>();
      StepReport now = replay.report();
      compare(differences, "loss", now.loss(), logged.loss());
      compare(differences, "grad_norm", now.gradNorm(), logged.gradNorm());
      compare(differences, "learning_rate", now.learningRate(), logged.learningRate());
      compare(differences, "tokens", (double) now.tokens(), (double) logged.tokens());
      return differences;
    }

    private static void compare(
        Map<String, String> differences, String key, double now, double then) {
      if (Double.doubleToLongBits(now) != Double.doubleToLongBits(then)) {
        differences.put(key, now + ", and metrics.jsonl says " + then);
      }
    }

    /** A table of norms, and whether the step is the same. */
    public void print(Console console) {
      StepReport report = replay.report();
      TextTable table = new TextTable("tensor", "gradient norm", "weight norm");
      for (int i = 0; i < replay.norms().tensors().size(); i++) {
        table.row(
            replay.norms().tensors().get(i),
            shown(replay.norms().gradients().get(i)),
            shown(replay.norms().weights().get(i)));
      }
      if (!replay.norms().tensors().isEmpty()) {
        console.say(table.toString());
      }
      console.say(
          String.format(
              Locale.ROOT,
              "Step %d (stage %s), done again from step %d: loss %s, grad_norm %s, learning rate"
                  + " %s, %d tokens.",
              report.step(),
              report.stage(),
              replay.from(),
              report.loss(),
              report.gradNorm(),
              report.learningRate(),
              report.tokens()));
      if (differences().isEmpty()) {
        console.say("The same as in metrics.jsonl, bit for bit.");
      } else {
        differences().forEach((key, values) -> console.warn("differs: " + key + " " + values));
      }
    }

    private static String shown(double norm) {
      return String.format(Locale.ROOT, "%.6g", norm);
    }

    /** For scripts. */
    public Map<String, Object> toJson() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("same", differences().isEmpty());
      json.put("differences", differences());
      json.put("from", replay.from());
      json.put("step", replay.report().step());
      json.put("stage", replay.report().stage());
      json.put("loss", replay.report().loss());
      json.put("grad_norm", replay.report().gradNorm());
      json.put("learning_rate", replay.report().learningRate());
      json.put("tokens", replay.report().tokens());
      Map<String, Object> gradients = new LinkedHashMap<>();
      Map<String, Object> weights = new LinkedHashMap<>();
      for (int i = 0; i < replay.norms().tensors().size(); i++) {
        gradients.put(replay.norms().tensors().get(i), replay.norms().gradients().get(i));
        weights.put(replay.norms().tensors().get(i), replay.norms().weights().get(i));
      }
      json.put("gradient_norms", gradients);
      json.put("weight_norms", weights);
      return json;
    }
  }

  /**
   * Does the step again.
   *
   * @throws InvalidInputException if the run has not done it
   */
  public static Result run(SparkSession spark, RunConfig config, long step, Console console) {
    long last = config.stages().stream().mapToLong(StageSettings::steps).sum();
    if (step < 1 || step > last) {
      throw new InvalidInputException(
          "--replay-step",
          Long.toString(step),
          "a step from 1 to " + last + ", those of the stages");
    }
    String metrics = Location.below(config.run().outputDir(), "metrics.jsonl");
    StepReport logged =
        find(config, metrics, step)
            .orElseThrow(
                () ->
                    new InvalidInputException(
                        "--replay-step",
                        Long.toString(step),
                        "a step that the run has done, with its line in " + metrics));
    TrainingGang.requireSlots(spark, config);
    StepReplay replay =
        new TrainingGang(spark, config, report -> {}, console::say, console::warn).replay(step);
    return new Result(replay, logged);
  }

  private static Optional<StepReport> find(RunConfig config, String metrics, long step) {
    return Location.isRemote(metrics)
        ? RunOutput.read(config, "metrics.jsonl").flatMap(bytes -> MetricsLog.find(bytes, step))
        : MetricsLog.find(Path.of(metrics), step);
  }
}
