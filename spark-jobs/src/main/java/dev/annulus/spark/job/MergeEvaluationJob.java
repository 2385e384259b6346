package dev.annulus.spark.job;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.MergeConfig;
import dev.annulus.config.MergeConfigWriter;
import dev.annulus.config.MergeEvaluation;
import dev.annulus.config.Problem;
import dev.annulus.data.document.Document;
import dev.annulus.data.source.SourceReader;
import dev.annulus.spark.console.Console;
import dev.annulus.trainer.huggingface.DurableFiles;
import dev.annulus.trainer.huggingface.HuggingFaceModel;
import dev.annulus.trainer.merge.MergePlan;
import dev.annulus.trainer.merge.MergeRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;

/**
 * {@code merge --evaluate}: merges one model after the other beside the output, starting from the
 * state as it is, and scores what comes of each. The state itself is not touched.
 */
public final class MergeEvaluationJob {
  private MergeEvaluationJob() {}

  /**
   * Scores base, models and merges.
   *
   * @throws InvalidInputException if the data sets are not one a model, or cannot be read
   */
  public static ContinualScores run(
      SparkSession spark, MergeConfig config, MergeEvaluation data, Console console) {
    int models = config.models().size();
    if (data.dataSets().size() != models || models == 0) {
      throw new InvalidInputException(
          "sources",
          data.dataSets().size() + " data sets",
          models + ", one for each of merge.models, in their order");
    }
    try (LocalFolders folders = LocalFolders.fetch(spark, config, console)) {
      Path output = Path.of(config.output()).toAbsolutePath().normalize();
      Path work = output.resolveSibling("." + output.getFileName() + ".evaluation");
      try {
        return score(spark, config, data, folders, work, console);
      } finally {
        delete(work);
      }
    }
  }

  private static ContinualScores score(
      SparkSession spark,
      MergeConfig config,
      MergeEvaluation data,
      LocalFolders folders,
      Path work,
      Console console) {
    delete(work);
    // A merge that cannot be done should not cost the scores first.
    MergePlan.of(
        MergeRequest.of(config, folders.base(), folders.models(), MergeConfigWriter.write(config)));
    List<List<int[]>> documents = documents(spark, data, folders.base());
    console.say("Scoring the base");
    double[] base = losses(spark, folders.base(), documents);
    int models = folders.models().size();
    double[][] alone = new double[models][];
    double[][] merges = new double[models][];
    Optional<Path> state = config.state().map(Path::of).filter(Files::exists);
    for (int t = 0; t < models; t++) {
      Path model = Path.of(folders.models().get(t).folder());
      console.say("Scoring model " + (t + 1) + " of " + models + " and the merge after it");
      alone[t] = losses(spark, model, documents);
      Path next = work.resolve("state-" + t);
      Path merged = work.resolve("merge-" + t);
      MergeRequest request =
          new MergeRequest(
              config.method(),
              config.dtype(),
              folders.base(),
              List.of(folders.models().get(t)),
              state,
              Optional.of(next),
              merged,
              config.outDtype(),
              config.seen(),
              false,
              config.maxShardBytes(),
              "");
      MergeJob.merge(spark, MergePlan.of(request), console);
      merges[t] = losses(spark, merged, documents);
      delete(merged);
      state.filter(before -> before.startsWith(work)).ifPresent(MergeEvaluationJob::delete);
      state = Optional.of(next);
    }
    return new ContinualScores(
        data.dataSets().stream().map(MergeEvaluation.DataSet::name).toList(), base, alone, merges);
  }

  private static List<List<int[]>> documents(SparkSession spark, MergeEvaluation data, Path base) {
    int vocabulary = HuggingFaceModel.check(base).vocabSize();
    List<List<int[]>> documents = new ArrayList<>();
    List<Problem> problems = new ArrayList<>();
    for (int i = 0; i < data.dataSets().size(); i++) {
      try {
        List<Document> read =
            SourceReader.readAll(
                List.of(data.dataSets().get(i).source()),
                "sources." + i,
                spark.sparkContext().hadoopConfiguration());
        boolean hasText = read.stream().anyMatch(d -> d.content() instanceof Document.Text);
        Optional<String> tokenizer =
            hasText ? Optional.of(data.tokenizer().orElse(base.toString())) : Optional.empty();
        documents.add(
            EvaluateJob.encode(tokenizer, data.addBos(), data.addEos(), vocabulary, read));
      } catch (InvalidInputException e) {
        problems.addAll(e.problems());
      }
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    return documents;
  }

  private static double[] losses(SparkSession spark, Path model, List<List<int[]>> documents) {
    return documents.stream()
        .mapToDouble(set -> EvaluationTasks.run(spark, model.toString(), set).loss())
        .toArray();
  }

  private static void delete(Path folder) {
    try {
      DurableFiles.deleteTree(folder);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + folder, e);
    }
  }
}
