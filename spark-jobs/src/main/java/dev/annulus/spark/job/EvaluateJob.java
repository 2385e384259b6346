package dev.annulus.spark.job;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import dev.annulus.config.RunConfig;
import dev.annulus.data.document.Document;
import dev.annulus.data.document.DocumentEncoder;
import dev.annulus.data.document.DocumentReader;
import dev.annulus.data.document.DocumentTokens;
import dev.annulus.data.document.Outcome;
import dev.annulus.data.source.SourceReader;
import dev.annulus.data.spark.HeldOutFile;
import dev.annulus.data.tokenizer.Tokenizer;
import dev.annulus.spark.console.Console;
import dev.annulus.spark.console.TextTable;
import dev.annulus.spark.console.Units;
import dev.annulus.spark.storage.HadoopSettings;
import dev.annulus.spark.storage.Location;
import dev.annulus.spark.storage.ModelCopy;
import dev.annulus.spark.storage.RunOutput;
import dev.annulus.trainer.evaluate.DocumentLoss;
import dev.annulus.trainer.evaluate.Evaluation;
import dev.annulus.trainer.evaluate.PositionLosses;
import dev.annulus.trainer.huggingface.HuggingFaceModel;
import dev.annulus.trainer.model.LlamaConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;

/** {@code evaluate}: documents are shared out over Spark's tasks, each of which holds the model. */
public final class EvaluateJob {
  private EvaluateJob() {}

  /** The losses. */
  public record Result(Evaluation evaluation) {
    /** A table of losses by position. */
    public void print(Console console) {
      if (evaluation.targets() == 0) {
        console.say("no targets in " + Units.count(evaluation.documents().size()) + " documents");
        return;
      }
      TextTable table = new TextTable("position", "targets", "loss");
      for (PositionLosses.Bucket bucket : evaluation.positions().buckets()) {
        String range =
            bucket.firstPosition() == bucket.lastPosition()
                ? "" + bucket.firstPosition()
                : bucket.firstPosition() + " to " + bucket.lastPosition();
        table.row(range, Units.count(bucket.targets()), Units.loss(bucket.loss()));
      }
      console.say(table.toString());
      console.say(
          "loss "
              + Units.loss(evaluation.loss())
              + " over "
              + Units.count(evaluation.targets())
              + " targets of "
              + Units.count(evaluation.documents().size())
              + " documents");
    }

    /** For scripts: the mean over all targets, then by document and by position. */
    public Map<String, Object> toJson() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("loss", evaluation.targets() == 0 ? null : evaluation.loss());
      json.put("targets", evaluation.targets());
      List<Map<String, Object>> documents = new ArrayList<>();
      for (DocumentLoss document : evaluation.documents()) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("index", document.index());
        entry.put("targets", document.targets());
        entry.put("loss", document.targets() == 0 ? null : document.loss());
        documents.add(entry);
      }
      json.put("documents", documents);
      List<Map<String, Object>> positions = new ArrayList<>();
      for (PositionLosses.Bucket bucket : evaluation.positions().buckets()) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("from", bucket.firstPosition());
        entry.put("to", bucket.lastPosition());
        entry.put("targets", bucket.targets());
        entry.put("loss", bucket.loss());
        positions.add(entry);
      }
      json.put("positions", positions);
      return json;
    }
  }

  /**
   * Scores a run's evaluation sources; if it names none, the documents that were held out, and
   * without them its training sources.
   *
   * @param model another folder than the run's {@code final/}, or null
   */
  public static Result ofRun(SparkSession spark, RunConfig run, String model) {
    String folder = model != null ? model : Location.below(run.run().outputDir(), "final");
    if (model == null && !isTrained(run, folder)) {
      throw new InvalidInputException(
          "run.output_dir",
          folder + " is not there",
          "a run that was trained to its end, or --model");
    }
    LlamaConfig config = check(folder);
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    List<Document> documents;
    if (!run.evaluation().sources().isEmpty()) {
      documents = SourceReader.readAll(run.evaluation().sources(), "evaluation.sources", hadoop);
    } else if (run.data().heldOutShare() > 0) {
      documents =
          SourceReader.readAll(
              List.of(HeldOutFile.source(run.data())), "held-out documents", hadoop);
    } else {
      documents = SourceReader.readAll(run.data().sources(), "data.sources", hadoop);
    }
    return score(
        spark,
        folder,
        encode(
            run.model().tokenizer(),
            run.data().addBos(),
            run.data().addEos(),
            config.vocabSize(),
            documents));
  }

  /**
   * Scores a JSONL file. Text gets the BOS of the tokeniser beside the model, and no EOS, as the
   * tokenisers of Llama models do by themselves.
   */
  public static Result ofFile(SparkSession spark, String model, Path data) {
    LlamaConfig config = check(model);
    List<Document> documents = DocumentReader.readJsonLines(data);
    boolean hasText = documents.stream().anyMatch(d -> d.content() instanceof Document.Text);
    if (hasText && !hasTokenizer(model)) {
      throw new InvalidInputException(
          Location.below(model, "tokenizer.json"),
          "no such file",
          "a tokeniser beside the model for text, or documents of input_ids");
    }
    Optional<String> location = hasText ? Optional.of(model) : Optional.empty();
    return score(spark, model, encode(location, true, false, config.vocabSize(), documents));
  }

  private static LlamaConfig check(String model) {
    try (ModelCopy copy = ModelCopy.outline(model, HadoopSettings.ofProcess())) {
      return HuggingFaceModel.check(copy.folder());
    }
  }

  private static boolean hasTokenizer(String model) {
    try (ModelCopy copy = ModelCopy.outline(model, HadoopSettings.ofProcess())) {
      return Files.exists(copy.folder().resolve("tokenizer.json"));
    }
  }

  private static boolean isTrained(RunConfig run, String folder) {
    return Location.isRemote(folder)
        ? RunOutput.read(run, "final/config.json").isPresent()
        : Files.isDirectory(Path.of(folder));
  }

  private static Result score(SparkSession spark, String model, List<int[]> documents) {
    return new Result(EvaluationTasks.run(spark, model, documents));
  }

  /** Token ids of all documents, in their order, or everything that is wrong with them. */
  public static List<int[]> encode(
      Optional<String> tokenizerLocation,
      boolean addBos,
      boolean addEos,
      int vocabularySize,
      List<Document> documents) {
    Optional<Tokenizer> tokenizer =
        tokenizerLocation.map(
            location -> ModelCopy.tokenizer(location, HadoopSettings.ofProcess()).open());
    try {
      DocumentEncoder encoder = new DocumentEncoder(tokenizer, addBos, addEos, vocabularySize);
      List<int[]> encoded = new ArrayList<>();
      List<Problem> problems = new ArrayList<>();
      for (Document document : documents) {
        switch (encoder.encode(document)) {
          case Outcome.Good<DocumentTokens>(DocumentTokens tokens) -> encoded.add(tokens.ids());
          case Outcome.Bad<DocumentTokens>(Problem problem, boolean endsFile) ->
              problems.add(problem);
        }
      }
      if (!problems.isEmpty()) {
        throw new InvalidInputException(problems);
      }
      return encoded;
    } finally {
      tokenizer.ifPresent(Tokenizer::close);
    }
  }
}
