package dev.annulus.spark.job;

import dev.annulus.config.MergeConfig;
import dev.annulus.config.MergeConfigWriter;
import dev.annulus.spark.console.Console;
import dev.annulus.spark.console.ProgressLine;
import dev.annulus.spark.console.TextTable;
import dev.annulus.spark.console.Units;
import dev.annulus.trainer.merge.FolderMerge;
import dev.annulus.trainer.merge.MergePlan;
import dev.annulus.trainer.merge.MergeReport;
import dev.annulus.trainer.merge.MergeRequest;
import dev.annulus.trainer.merge.PlanSeconds;
import dev.annulus.trainer.merge.PlanSize;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** {@code merge}: folds models into one, tensors being Spark's tasks. */
public final class MergeJob {
  private MergeJob() {}

  /** A merge that is done. */
  public record Result(MergeConfig config, MergeReport report) {
    /** The table that people see at the end. */
    public void print(Console console) {
      console.say(models(report).toString());
      console.say("");
      console.say(kinds(report).toString());
      console.say(
          String.format(
              Locale.ROOT,
              "lambda %.4f, task vectors %.4g long on average, the merged model %.4g from the base;"
                  + " check %.1f s, fold %.1f s, write %.1f s",
              report.lambda(),
              report.meanNorm(),
              report.changeNorm(),
              report.seconds().check(),
              report.seconds().fold(),
              report.seconds().write()));
      console.say(
          "Model: " + config.output() + "   every weight: " + config.output() + "/merge_report.md");
    }

    /** For scripts. */
    public Map<String, Object> toJson() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("output", config.output());
      config.state().ifPresent(state -> json.put("state", state));
      json.putAll(report.toJson());
      return json;
    }
  }

  /**
   * Checks names, shapes, types and folders before there is a Spark to wait for, if all folders are
   * on this machine.
   *
   * @throws dev.annulus.config.InvalidInputException with everything that is wrong with them
   */
  public static void check(MergeConfig config) {
    LocalFolders.here(config).ifPresent(folders -> planned(config, folders));
  }

  /** Does what the configuration asks for. */
  public static Result run(SparkSession spark, MergeConfig config, Console console) {
    if (LocalFolders.here(config).isEmpty()) {
      // What does not fit should not cost the copy first.
      try (LocalFolders outlines = LocalFolders.outlines(spark, config)) {
        planned(config, outlines);
      }
    }
    try (LocalFolders folders = LocalFolders.fetch(spark, config, console)) {
      OutputFolder.require("merge.output", config.output());
      config.state().ifPresent(state -> OutputFolder.require("merge.state", state));
      MergePlan plan = planned(config, folders);
      tellNotes(plan, console);
      return new Result(config, merge(spark, plan, console));
    }
  }

  /** Only says what would be done. */
  public static Map<String, Object> plan(SparkSession spark, MergeConfig config, Console console) {
    try (LocalFolders folders = LocalFolders.outlines(spark, config)) {
      MergePlan plan = planned(config, folders);
      tellNotes(plan, console);
      int threads = spark.sparkContext().defaultParallelism();
      PlanSize size = plan.size();
      double seconds = PlanSeconds.of(size, threads, System::nanoTime);
      long projected = plan.tensors().stream().filter(t -> isProjected(t.role().name())).count();
      console.say(
          "%s: %s models into %s weights, %d of them linear maps; on %d threads"
              .formatted(
                  config.method().toYaml(),
                  config.models().size(),
                  Units.count(plan.tensors().size()),
                  projected,
                  threads));
      console.say(
          "reads %s, writes %s of weights and %s of state; %s decompositions; about %s"
              .formatted(
                  Units.bytes(size.readBytes()),
                  Units.bytes(size.outputBytes()),
                  Units.bytes(size.stateBytes()),
                  Units.count(size.decompositions()),
                  Units.duration(seconds)));
      console.say("Names, shapes and types fit; values are looked at when the merge runs.");
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("tensors", plan.tensors().size());
      json.put("projected", projected);
      json.put("read_bytes", size.readBytes());
      json.put("state_bytes", size.stateBytes());
      json.put("output_bytes", size.outputBytes());
      json.put("decompositions", size.decompositions());
      json.put("seconds", seconds);
      return json;
    }
  }

  private static MergePlan planned(MergeConfig config, LocalFolders folders) {
    return MergePlan.of(
        MergeRequest.of(config, folders.base(), folders.models(), MergeConfigWriter.write(config)));
  }

  static MergeReport merge(SparkSession spark, MergePlan plan, Console console) {
    try (ProgressLine line =
        new ProgressLine(console, ProgressLine.onTerminal(), System::nanoTime)) {
      return new FolderMerge(
              plan,
              new MergeTasks(JavaSparkContext.fromSparkContext(spark.sparkContext()), line),
              System::nanoTime)
          .run();
    }
  }

  private static void tellNotes(MergePlan plan, Console console) {
    plan.notes()
        .forEach(note -> console.warn(note.startsWith("warning: ") ? note.substring(9) : note));
  }

  private static boolean isProjected(String role) {
    return role.equals("PROJECTED");
  }

  private static TextTable models(MergeReport report) {
    TextTable table = new TextTable("model", "norm", "sha256");
    for (MergeReport.Model model : report.models()) {
      table.row(
          model.name(),
          String.format(Locale.ROOT, "%.5g", model.norm()),
          model.sha256().substring(0, 12));
    }
    return table;
  }

  /** Weights of one kind, over all layers, in one row. */
  private static TextTable kinds(MergeReport report) {
    Map<String, Kind> kinds = new TreeMap<>();
    for (MergeReport.Tensor tensor : report.tensors()) {
      kinds.computeIfAbsent(kind(tensor.name()), _ -> new Kind()).add(tensor);
    }
    TextTable table =
        new TextTable("weights", "tensors", "change", "cosine to merged", "r", "removed");
    kinds.forEach(
        (name, kind) ->
            table.row(
                name,
                Units.count(kind.tensors),
                String.format(Locale.ROOT, "%.4g", Math.sqrt(kind.changeSquares)),
                kind.folds == 0
                    ? "-"
                    : String.format(Locale.ROOT, "%.3f", kind.cosines / kind.folds),
                kind.projected == 0
                    ? "-"
                    : String.format(Locale.ROOT, "%.1f", kind.directions / kind.projected),
                Units.percent(kind.squares == 0 ? 0 : kind.removed / kind.squares)));
    return table;
  }

  private static String kind(String name) {
    return name.replaceAll("\\.\\d+\\.", ".*.");
  }

  private static final class Kind {
    int tensors;
    double changeSquares;
    int folds;
    double cosines;
    int projected;
    double directions;
    double squares;
    double removed;

    void add(MergeReport.Tensor tensor) {
      tensors++;
      changeSquares += tensor.changeNorm() * tensor.changeNorm();
      for (MergeReport.Fold fold : tensor.folds()) {
        folds++;
        cosines += fold.cosine();
        squares += fold.norm() * fold.norm();
        removed += fold.removed() * fold.norm() * fold.norm();
        if (fold.r() >= 0) {
          projected++;
          directions += fold.r();
        }
      }
    }
  }
}
