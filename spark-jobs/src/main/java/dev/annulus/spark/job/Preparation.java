package dev.annulus.spark.job;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import dev.annulus.config.RunConfig;
import dev.annulus.config.StageSettings;
import dev.annulus.data.spark.PrepareJob;
import dev.annulus.data.spark.PrepareRequest;
import dev.annulus.data.spark.Prepared;
import dev.annulus.data.tokenizer.TokenizerSpec;
import dev.annulus.spark.console.Console;
import dev.annulus.spark.console.ProgressLine;
import dev.annulus.spark.storage.HadoopSettings;
import dev.annulus.spark.storage.ModelCopy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;

/**
 * Packed rows for every stage of a run. Stages of one length share their rows unless they weigh the
 * sources themselves.
 *
 * @param prepared one a folder, in the order of the stages
 * @param heldOut the same of the rows that the run is measured on while it trains, if it is
 */
public record Preparation(List<Prepared> prepared, List<Prepared> heldOut) {
  private static final String SOURCES = "data.sources";

  public Preparation {
    prepared = List.copyOf(prepared);
    heldOut = List.copyOf(heldOut);
  }

  /** Packs what is missing or does not fit any more, and says so in a line for each folder. */
  public static Preparation run(SparkSession spark, RunConfig config, Console console) {
    OutputFolder.require("data.packed_dir", config.data().packedDir());
    int vocabularySize = StartModel.config(config).vocabSize();
    Optional<TokenizerSpec> tokenizer =
        config
            .model()
            .tokenizer()
            .map(location -> ModelCopy.tokenizer(location, HadoopSettings.ofProcess()));
    Map<String, PrepareRequest> byFolder = new LinkedHashMap<>();
    Map<String, PrepareRequest> heldOutByFolder = new LinkedHashMap<>();
    for (StageSettings stage : config.stages()) {
      PrepareRequest request = PrepareRequest.of(config, stage, tokenizer, vocabularySize);
      byFolder.putIfAbsent(request.folder(), request);
      if (config.evaluation().duringTraining()) {
        PrepareRequest heldOut = PrepareRequest.ofHeldOut(config, stage, tokenizer, vocabularySize);
        heldOutByFolder.putIfAbsent(heldOut.folder(), heldOut);
      }
    }
    List<Prepared> prepared = pack(spark, byFolder, SOURCES, console);
    // The documents that were kept out of the rows are a source now.
    List<Prepared> heldOut =
        heldOutByFolder.isEmpty()
            ? List.of()
            : pack(
                spark,
                heldOutByFolder,
                config.evaluation().sources().isEmpty()
                    ? "data.held_out_share"
                    : "evaluation.sources",
                console);
    if (config.data().statistics() && prepared.stream().anyMatch(one -> !one.reused())) {
      console.say("Statistics: " + config.data().packedDir() + "/statistics.html (.txt, .json)");
    }
    return new Preparation(prepared, heldOut);
  }

  /**
   * Packs folders over the same sources.
   *
   * @param key of the sources, for problems
   */
  private static List<Prepared> pack(
      SparkSession spark, Map<String, PrepareRequest> byFolder, String key, Console console) {
    List<Prepared> prepared;
    try (ProgressLine line =
        new ProgressLine(console, ProgressLine.onTerminal(), System::nanoTime)) {
      prepared =
          PrepareJob.run(
              spark,
              List.copyOf(byFolder.values()),
              (phase, done, total) ->
                  line.update(
                      "Preparing: " + phase + ", " + done + " of " + total + " tasks", false));
    } catch (InvalidInputException e) {
      throw key.equals(SOURCES) ? e : new InvalidInputException(renamed(e.problems(), key));
    }
    for (Prepared one : prepared) {
      console.say("Packed: " + one.manifest().report().summary());
      console.say("        " + one.folder() + " (" + one.reason() + ")");
    }
    return prepared;
  }

  /** What is packed calls its sources {@code data.sources}. */
  private static List<Problem> renamed(List<Problem> problems, String key) {
    return problems.stream()
        .map(
            problem ->
                problem.place().startsWith(SOURCES)
                    ? new Problem(
                        key + problem.place().substring(SOURCES.length()),
                        problem.value(),
                        problem.expectation())
                    : problem)
        .toList();
  }

  /** For scripts. */
  public Map<String, Object> toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("prepared", rows(prepared));
    if (!heldOut.isEmpty()) {
      json.put("held_out", rows(heldOut));
    }
    return json;
  }

  private static List<Map<String, Object>> rows(List<Prepared> folders) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Prepared one : folders) {
      var report = one.manifest().report();
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("folder", one.folder());
      row.put("sequence_length", report.sequenceLength());
      row.put("rows", report.rows());
      row.put("documents", report.documents());
      row.put("tokens", report.tokens());
      row.put("targets", report.targets());
      row.put("repeated_documents", report.repeatedDocuments());
      row.put("repeated_tokens", report.repeatedTokens());
      Map<String, Object> lost = new LinkedHashMap<>();
      report
          .lost()
          .forEach(
              (why, what) ->
                  lost.put(
                      why.name().toLowerCase(Locale.ROOT),
                      Map.of("documents", what.documents(), "tokens", what.tokens())));
      row.put("lost", lost);
      row.put("packing_efficiency", report.efficiency());
      row.put("reused", one.reused());
      row.put("reason", one.reason());
      rows.add(row);
    }
    return rows;
  }
}
