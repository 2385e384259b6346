package dev.annulus.spark.quickstart;

import dev.annulus.config.RunConfig;
import dev.annulus.config.StageSettings;
import dev.annulus.spark.console.TextTable;
import dev.annulus.spark.console.Units;
import dev.annulus.spark.job.TrainJob;
import dev.annulus.spark.storage.Location;
import dev.annulus.trainer.train.StageReport;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The table a newcomer reads at the end.
 *
 * @param before loss on the held-out files of the model that knows nothing
 * @param afterStage the same at the end of each stage
 * @param baseline the same of byte frequencies alone
 * @param sample prompt and what the model went on with
 * @param seconds everything together
 */
record Summary(
    RunConfig config,
    TrainJob.Result trained,
    double before,
    List<Double> afterStage,
    double baseline,
    String sample,
    double seconds) {
  String toText() {
    TextTable table =
        new TextTable(
            "",
            "context",
            "steps",
            "held-out loss",
            "tokens/s",
            "round the ring",
            "waiting for it");
    table.row("before training", "", "", Units.loss(before), "", "", "");
    for (int i = 0; i < afterStage.size(); i++) {
      StageSettings stage = config.stages().get(i);
      StageReport report = trained.worker().stages().get(i);
      table.row(
          "after stage " + stage.name(),
          Units.count(stage.sequenceLength()),
          Units.count(stage.steps()),
          Units.loss(afterStage.get(i)),
          Units.count(report.tokensPerSecond()),
          Units.bytes(report.ringBytesSent()),
          Units.percent(report.waitShare()));
    }
    table.row("byte frequencies alone", "", "", Units.loss(baseline), "", "", "");
    return "\nLosses are nats per byte on files that were held out (lower is better):\n\n"
        + table
        + "\n\nThe model goes on from a prompt:\n\n"
        + sample.indent(4)
        + "\nModel (transformers loads it): "
        + trained.finalFolder()
        + "\nMetrics of every step:         "
        + Location.below(trained.outputDir(), "metrics.jsonl")
        + "\nEverything took "
        + Units.duration(seconds)
        + ".";
  }

  Map<String, Object> toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("final", trained.finalFolder());
    json.put("held_out_loss_before", before);
    json.put("held_out_loss_after_stage", new ArrayList<>(afterStage));
    json.put("byte_frequency_loss", baseline);
    json.put("seconds", seconds);
    json.put("training", trained.toJson());
    return json;
  }
}
