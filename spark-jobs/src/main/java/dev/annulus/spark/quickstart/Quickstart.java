package dev.annulus.spark.quickstart;

import dev.annulus.config.RunConfig;
import dev.annulus.config.RunConfigReader;
import dev.annulus.data.document.DocumentReader;
import dev.annulus.data.tokenizer.ByteTokenizer;
import dev.annulus.spark.console.Console;
import dev.annulus.spark.console.Units;
import dev.annulus.spark.job.EvaluateJob;
import dev.annulus.spark.job.GenerateJob;
import dev.annulus.spark.job.SparkSessions;
import dev.annulus.spark.job.StartModel;
import dev.annulus.spark.job.TrainJob;
import dev.annulus.trainer.generate.GenerationSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;

/**
 * The main job end to end: text, packing, two stages on a ring, held-out losses, a model folder, a
 * few generated lines.
 */
public final class Quickstart {
  /** Held-out text that is scored three times; enough for a loss that moves in the third digit. */
  private static final long HELD_OUT_BYTES = 60_000;

  private static final String PROMPT = "import org.apache.spark.";
  private static final int NEW_TOKENS = 200;

  private final Path corpusJars;
  private final Path output;
  private final List<String> overrides;
  private final Console console;

  /**
   * @param corpusJars folder with jars of sources
   * @param output emptied if an earlier quickstart made it
   * @param overrides of the configuration
   */
  public Quickstart(Path corpusJars, Path output, List<String> overrides, Console console) {
    this.corpusJars = corpusJars;
    this.output = output;
    this.overrides = List.copyOf(overrides);
    this.console = console;
  }

  /** Runs everything; gives what a script wants to know. */
  public Map<String, Object> run() throws IOException {
    long start = System.nanoTime();
    SourceCorpus corpus = SourceCorpus.read(corpusJars);
    Workspace workspace = Workspace.create(output);
    SourceCorpus.Part training = corpus.writeTraining(workspace.corpus().resolve("train.jsonl"));
    SourceCorpus.Part heldOut =
        corpus.writeHeldOut(workspace.corpus().resolve("held-out.jsonl"), HELD_OUT_BYTES);
    console.say(
        "Text: "
            + Units.count(training.files())
            + " source files of Apache Spark ("
            + Units.bytes(training.bytes())
            + ") to learn from, "
            + heldOut.files()
            + " held out ("
            + Units.bytes(heldOut.bytes())
            + ").");
    RunConfig config = RunConfigReader.read(workspace.writeConfig(), overrides);
    try (SparkSession spark = SparkSessions.open(config, config.parallel().world())) {
      HeldOutLosses losses = new HeldOutLosses(spark, config);
      double before = losses.ofModel(StartModel.write(config, workspace.folder().resolve("start")));
      TrainJob.Result trained = TrainJob.run(spark, config, console);
      List<Double> afterStage = new ArrayList<>();
      for (Path model : losses.modelsOfStages()) {
        afterStage.add(losses.ofModel(model));
      }
      double baseline = baseline(training.file(), heldOut.file());
      GenerateJob.Result generated =
          GenerateJob.run(
              trained.finalFolder(),
              PROMPT,
              null,
              new GenerationSettings(NEW_TOKENS, 0.6, 20, 1, config.run().seed(), true));
      Summary summary =
          new Summary(
              config,
              trained,
              before,
              afterStage,
              baseline,
              PROMPT + generated.text().orElse(""),
              (System.nanoTime() - start) / 1e9);
      console.say(summary.toText());
      Map<String, Object> json = new LinkedHashMap<>(summary.toJson());
      json.put("config", workspace.folder().resolve("run.yaml").toString());
      return json;
    }
  }

  private static double baseline(Path training, Path heldOut) {
    ByteFrequencies frequencies =
        new ByteFrequencies(tokens(training), ByteTokenizer.VOCABULARY_SIZE);
    return frequencies.loss(tokens(heldOut));
  }

  private static List<int[]> tokens(Path file) {
    return EvaluateJob.encode(
        java.util.Optional.of("bytes"),
        true,
        true,
        ByteTokenizer.VOCABULARY_SIZE,
        DocumentReader.readJsonLines(file));
  }
}
