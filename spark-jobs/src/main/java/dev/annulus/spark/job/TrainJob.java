package dev.annulus.spark.job;

import dev.annulus.config.RunConfig;
import dev.annulus.config.SecuritySettings;
import dev.annulus.device.choice.DeviceChoice;
import dev.annulus.link.security.LinkSecurity;
import dev.annulus.link.security.Protection;
import dev.annulus.spark.console.Console;
import dev.annulus.spark.console.ProgressLine;
import dev.annulus.spark.console.TextTable;
import dev.annulus.spark.console.Units;
import dev.annulus.spark.gang.ClusterSecret;
import dev.annulus.spark.gang.TrainingGang;
import dev.annulus.spark.gang.WorkerResult;
import dev.annulus.spark.storage.Location;
import dev.annulus.spark.storage.RunOutput;
import dev.annulus.trainer.train.StageReport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;

/** {@code train}: prepares what is missing, then trains through all stages. */
public final class TrainJob {
  private TrainJob() {}

  /**
   * A finished run.
   *
   * @param finalFolder the trained model; a path or a URI
   * @param outputDir of the run; the same
   */
  public record Result(WorkerResult worker, String finalFolder, String outputDir) {
    /** The table that people see at the end. */
    public void print(Console console) {
      TextTable table =
          new TextTable(
              "stage", "steps", "first loss", "last losses", "tokens/s", "ring bytes", "waiting");
      for (StageReport stage : worker.stages()) {
        table.row(
            stage.stage(),
            Units.count(stage.steps()),
            Units.loss(stage.firstLoss()),
            Units.loss(stage.meanOfLastTen()),
            Units.count(stage.tokensPerSecond()),
            Units.bytes(stage.ringBytesSent()),
            Units.percent(stage.waitShare()));
      }
      console.say(table.toString());
      console.say(
          "Model: " + finalFolder + "   metrics: " + Location.below(outputDir, "metrics.jsonl"));
    }

    /** For scripts. */
    public Map<String, Object> toJson() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("final", finalFolder);
      json.put("steps", worker.steps());
      json.put("resumed_from", worker.resumedFrom());
      List<Map<String, Object>> stages = new ArrayList<>();
      for (StageReport stage : worker.stages()) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("stage", stage.stage());
        entry.put("steps", stage.steps());
        entry.put("first_loss", stage.firstLoss());
        entry.put("last_loss", stage.lastLoss());
        entry.put("mean_of_last_ten", stage.meanOfLastTen());
        entry.put("tokens", stage.tokens());
        entry.put("seconds", stage.seconds());
        entry.put("tokens_per_second", stage.tokensPerSecond());
        entry.put("ring_bytes_sent", stage.ringBytesSent());
        entry.put("wait_share", stage.waitShare());
        stages.add(entry);
      }
      json.put("stages", stages);
      return json;
    }
  }

  /** Runs to the end of the last stage. */
  public static Result run(SparkSession spark, RunConfig config, Console console) {
    TrainingGang.requireSlots(spark, config);
    requireDevice(spark, config);
    requireSecret(spark, config, console);
    OutputFolder.require("run.output_dir", config.run().outputDir());
    RunOutput.require(config);
    StartModel.check(config);
    Preparation.run(spark, config, console);
    console.say(
        "Training on "
            + config.parallel().world()
            + (config.parallel().world() == 1 ? " worker" : " workers")
            + " (ring of "
            + config.parallel().context()
            + (config.parallel().data() > 1 ? ", " + config.parallel().data() + " rings" : "")
            + ", "
            + config.parallel().layout().name().toLowerCase(java.util.Locale.ROOT)
            + " layout).");
    WorkerResult result;
    try (ProgressLine line =
            new ProgressLine(console, ProgressLine.onTerminal(), System::nanoTime);
        TrainingProgress progress = new TrainingProgress(config, line)) {
      result = new TrainingGang(spark, config, progress::onStep, console::say, console::warn).run();
    }
    String outputDir = config.run().outputDir();
    return new Result(result, Location.below(outputDir, "final"), outputDir);
  }

  /** Says what the workers would say, before anything is packed. */
  private static void requireSecret(SparkSession spark, RunConfig config, Console console) {
    SecuritySettings settings = config.transport().security();
    if (settings.secretFile().isPresent()) {
      return; // it need not be here, only where the workers are
    }
    LinkSecurity security = LinkSecurity.of(settings, ClusterSecret.ofThisProcess());
    boolean believesEverybody = security.protection() == Protection.CHECKSUM;
    if (believesEverybody
        && !spark.sparkContext().isLocal()
        && settings.authentication() != SecuritySettings.Authentication.OFF) {
      console.warn(
          "workers will not prove to each other who they are: set spark.authenticate true or"
              + " transport.secret_file, or transport.authentication: off on a network of their"
              + " own");
    }
  }

  /** In local mode the workers compute here: say what is missing before anything is packed. */
  private static void requireDevice(SparkSession spark, RunConfig config) {
    if (spark.sparkContext().isLocal()) {
      DeviceChoice.of(config.device(), 0);
    }
  }
}
