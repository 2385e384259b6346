package dev.annulus.spark.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command from the YAML to the folder, with models that the command before it trained. */
final class MergeCommandTest {
  private static final String SHELF = ShelfFileSystem.class.getName();

  @TempDir static Path folder;

  private static TinyInput input;

  /** One base, and a run that made of it two models: one after its first step, one at its end. */
  @BeforeAll
  static void trainModels() throws IOException {
    input = TinyInput.write(folder);
    TinyModel.write(input);
    CommandRun.done(
        input.command(
            "train",
            "--quiet",
            "run.output_dir=" + input.path("run"),
            "model.config=",
            "model.path=" + input.path("model")));
    Files.move(folder.resolve("run/checkpoints/step-00000001/model"), folder.resolve("early"));
    Files.move(folder.resolve("run/final"), folder.resolve("late"));
  }

  private static void write(String name, String more) {
    input.write(
        name + ".yaml",
        """
        merge:
          base: %1$s/model
          models: [%1$s/early, %1$s/late]
          output: %1$s/%2$s
        %3$s
        """
            .formatted(folder, name, more));
  }

  private static CommandRun merge(String name, String... more) {
    String[] arguments = new String[more.length + 3];
    arguments[0] = "merge";
    arguments[1] = "--config";
    arguments[2] = input.path(name + ".yaml");
    System.arraycopy(more, 0, arguments, 3, more.length);
    return CommandRun.of(arguments);
  }

  @Test
  void aMergeIsAModelThatOtherCommandsRead() {
    write("plain", "");
    CommandRun run = merge("plain", "--json");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("model.layers.*.mlp.up_proj.weight", "lambda", "merge_report.md");
    JsonNode json = run.json();
    assertThat(json.get("models")).hasSize(2);
    assertThat(json.get("change_norm").doubleValue())
        .isCloseTo(json.get("mean_norm").doubleValue(), within(1e-5));
    CommandRun.done(
        "evaluate", "--model", input.path("plain"), "--data", input.path("docs.jsonl"), "--quiet");
  }

  @Test
  void oneMoreModelLaterThroughAState() throws Exception {
    write("both", "");
    assertThat(merge("both", "--quiet").exitCode()).isZero();
    write("later", "  state: " + input.path("later-state"));
    String first = "merge.models=[" + input.path("early") + "]";
    String second = "merge.models=[" + input.path("late") + "]";
    assertThat(merge("later", "--quiet", first).exitCode()).isZero();
    merge("later", "--quiet", second)
        .wrongInput("merge.output: " + input.path("later") + " exists");
    merge("later", "--quiet", first, "merge.overwrite=true").wrongInput("is in already");
    assertThat(merge("later", "--quiet", second, "merge.overwrite=true").exitCode()).isZero();
    assertThat(
            Files.mismatch(
                folder.resolve("later/model.safetensors"),
                folder.resolve("both/model.safetensors")))
        .isEqualTo(-1);
  }

  @Test
  void aDryRunSaysWhatWouldBeDoneAndDoesNothing() {
    write("dry", "");
    CommandRun run = merge("dry", "--dry-run", "--json");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("decompositions; about");
    assertThat(run.json().get("decompositions").intValue()).isEqualTo(14);
    assertThat(run.json().get("output_bytes").longValue()).isPositive();
    assertThat(folder.resolve("dry")).doesNotExist();
  }

  @Test
  void theMatrixOfLosses() {
    write("scored", "  method: average");
    input.write(
        "data.yaml",
        """
        sources:
          - {name: one, path: %1$s/docs.jsonl, field: input_ids}
          - {name: two, path: %1$s/docs.jsonl, field: input_ids}
        """
            .formatted(folder));
    CommandRun run = merge("scored", "--evaluate", input.path("data.yaml"), "--json");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("merge of 2", "ACC", "over T - 1");
    JsonNode scores = run.json().get("evaluation");
    // One model merged alone is that model, by rounding.
    assertThat(scores.get("merges").get(0).get(0).doubleValue())
        .isCloseTo(scores.get("models").get(0).get(0).doubleValue(), within(1e-5));
    JsonNode merges = scores.get("merges");
    double change = merges.get(0).get(0).doubleValue() - merges.get(1).get(0).doubleValue();
    assertThat(scores.get("bwt_over_t_minus_1").doubleValue()).isCloseTo(change, within(1e-12));
    assertThat(scores.get("bwt_over_t").doubleValue()).isCloseTo(change / 2, within(1e-12));
    assertThat(scores.get("acc").doubleValue())
        .isCloseTo(merges.get(1).get(1).doubleValue(), within(1e-12));
    assertThat(leftovers()).isEmpty();
    input.write("short.yaml", "sources: [{path: " + folder + "/docs.jsonl, field: input_ids}]\n");
    write("unscored", "");
    merge("unscored", "--evaluate", input.path("short.yaml"))
        .wrongInput("sources: 1 data sets (expected 2, one for each of merge.models");
  }

  @Test
  void modelsMayLieOnAnotherFileSystem() {
    write("remote", "");
    String model = "file://" + folder.resolve("early");
    CommandRun run = merge("remote", "--json", "merge.models=['" + model + "']");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.json().get("models").get(0).get("name").asText()).isEqualTo(model);
    assertThat(leftovers()).isEmpty();
    merge("remote", "merge.overwrite=true", "merge.models=['" + model + "x', 'nofs://a/b']")
        .wrongInput(model + "x: no such folder", "nofs://a/b: cannot be read");
    merge("remote", "merge.output=hdfs://host/out")
        .wrongInput("merge.output: hdfs://host/out (expected a folder on a file system that all");
    assertThat(leftovers()).isEmpty();
  }

  /** Base and models on a file system that is none of the machine's own. */
  @Test
  void allThatIsReadMayLieOnAFileSystemThatHadoopKnows() throws Exception {
    write("here", "");
    assertThat(merge("here", "--quiet").exitCode()).isZero();
    write("shelf", "spark: {conf: {spark.hadoop.fs.shelf.impl: " + SHELF + "}}");
    String[] remote = {
      "merge.base=shelf:" + folder + "/model",
      "merge.models=[" + "'shelf:" + folder + "/early', 'shelf:" + folder + "/late']"
    };
    long weights = Files.size(folder.resolve("model/model.safetensors"));
    ShelfFileSystem.BYTES_READ.set(0);
    CommandRun planned = merge("shelf", "--dry-run", "--json", remote[0], remote[1]);
    assertThat(planned.exitCode()).as(planned.err()).isZero();
    assertThat(planned.json().get("decompositions").intValue()).isEqualTo(14);
    assertThat(ShelfFileSystem.BYTES_READ.get()).isPositive().isLessThan(weights);
    // What a merge that was killed left behind is in nobody's way.
    Files.createDirectories(folder.resolve(".shelf.models/model-0"));
    Files.writeString(folder.resolve(".shelf.models/model-0/config.json"), "of another merge");
    CommandRun run = merge("shelf", "--quiet", remote[0], remote[1]);
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(ShelfFileSystem.BYTES_READ.get()).isGreaterThan(3 * weights);
    assertThat(
            Files.mismatch(
                folder.resolve("shelf/model.safetensors"),
                folder.resolve("here/model.safetensors")))
        .isEqualTo(-1);
    assertThat(leftovers()).isEmpty();
  }

  @Test
  void problemsAreToldAllAtOnce() {
    write("wrong", "");
    merge(
            "wrong",
            "merge.models=[" + input.path("nowhere") + ", " + input.path("model") + "]",
            "merge.base=" + input.path("also-nowhere"))
        .wrongInput("also-nowhere: no such folder", "nowhere: no such folder");
    merge("wrong", "merge.models=[" + input.path("model") + "]")
        .wrongInput("model: is the base: every weight is equal");
    merge("wrong", "merge.alpha=2", "merge.rank=3")
        .wrongInput("merge.alpha: 2", "merge.rank: unknown key");
    assertThat(folder.resolve("wrong")).doesNotExist();
  }

  @Test
  void aStageMergesInTheRun() {
    CommandRun run =
        input.run(
            "train",
            "run.output_dir=" + input.path("merging"),
            "model.config=",
            "model.path=" + input.path("model"),
            "stages.0.merge={method: opcm, with: [" + input.path("early") + "]}",
            "stages.1.merge={method: opcm}");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.out()).contains("stage long: folded into the running merge (opcm, 3 models");
    input
        .run(
            "train",
            "run.output_dir=" + input.path("merging-2"),
            "stages.0.merge={method: opcm, with: [" + input.path("nowhere") + "]}")
        .wrongInput("nowhere: no such folder");
    assertThat(folder.resolve("merging-2/checkpoints")).doesNotExist();
  }

  private static java.util.List<String> leftovers() {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("."))
          .toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
