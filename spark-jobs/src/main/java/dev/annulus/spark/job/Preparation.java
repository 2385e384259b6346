package dev.annulus.spark.job;

import dev.annulus.config.RunConfig;
import dev.annulus.config.StageSettings;
import dev.annulus.data.spark.PrepareJob;
import dev.annulus.data.spark.PrepareRequest;
import dev.annulus.data.spark.Prepared;
import dev.annulus.data.tokenizer.TokenizerSpec;
import dev.annulus.spark.console.Console;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;

/**
 * Packed rows for every length that a run's stages ask for. Stages of one length share their rows.
 *
 * @param prepared one a length, in the order of the stages
 */
public record Preparation(List<Prepared> prepared) {
  public Preparation {
    prepared = List.copyOf(prepared);
  }

  /** Packs what is missing or does not fit any more, and says so in a line for each length. */
  public static Preparation run(SparkSession spark, RunConfig config, Console console) {
    OutputFolder.require("data.packed_dir", config.data().packedDir());
    int vocabularySize = StartModel.config(config).vocabSize();
    Optional<TokenizerSpec> tokenizer = config.model().tokenizer().map(TokenizerSpec::read);
    Map<Integer, Prepared> byLength = new LinkedHashMap<>();
    for (StageSettings stage : config.stages()) {
      if (!byLength.containsKey(stage.sequenceLength())) {
        Prepared prepared =
            PrepareJob.run(spark, PrepareRequest.of(config, stage, tokenizer, vocabularySize));
        byLength.put(stage.sequenceLength(), prepared);
        console.say("Packed: " + prepared.manifest().report().summary());
        console.say("        " + prepared.folder() + " (" + prepared.reason() + ")");
      }
    }
    return new Preparation(new ArrayList<>(byLength.values()));
  }

  /** For scripts. */
  public Map<String, Object> toJson() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Prepared one : prepared) {
      var report = one.manifest().report();
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("folder", one.folder());
      row.put("sequence_length", report.sequenceLength());
      row.put("rows", report.rows());
      row.put("documents", report.documents());
      row.put("tokens", report.tokens());
      row.put("targets", report.targets());
      row.put("packing_efficiency", report.efficiency());
      row.put("reused", one.reused());
      row.put("reason", one.reason());
      rows.add(row);
    }
    return Map.of("prepared", rows);
  }
}
