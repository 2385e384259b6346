package dev.annulus.spark.quickstart;

import dev.annulus.config.RunConfig;
import dev.annulus.config.StageSettings;
import dev.annulus.spark.job.EvaluateJob;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.SparkSession;

/** Scores models of a run on its held-out files. */
record HeldOutLosses(SparkSession spark, RunConfig config) {
  double ofModel(Path model) {
    return EvaluateJob.ofRun(spark, config, model.toString()).evaluation().loss();
  }

  /** The model at the end of each stage: checkpoints, and for the last one the final folder. */
  List<Path> modelsOfStages() {
    Path output = Path.of(config.run().outputDir());
    List<Path> models = new ArrayList<>();
    long step = 0;
    for (StageSettings stage : config.stages()) {
      step += stage.steps();
      models.add(
          models.size() == config.stages().size() - 1
              ? output.resolve("final")
              : output.resolve(String.format(Locale.ROOT, "checkpoints/step-%08d/model", step)));
    }
    return models;
  }
}
