package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.annulus.config.InvalidInputException;
import dev.annulus.config.StageSettings;
import dev.annulus.data.pack.PackedRow;
import dev.annulus.trainer.checkpoint.CheckpointException;
import dev.annulus.trainer.huggingface.HuggingFaceModel;
import dev.annulus.trainer.model.LlamaConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run leaves in its output directory, and how it fails. */
class TrainingRunTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir Path root;

  private Gang gang(TinyRun run) {
    return new Gang(run, root, stage -> RowsInMemory.random(3, 6, 24, 31, false));
  }

  private static StageSettings theta(StageSettings plain, double theta, double learningRate) {
    return new StageSettings(
        plain.name(),
        plain.sequenceLength(),
        OptionalDouble.of(theta),
        plain.steps(),
        plain.sequencesPerStep(),
        learningRate,
        plain.schedule(),
        plain.optimizer(),
        plain.halfFineTuning(),
        plain.freeze(),
        plain.sourceWeights(),
        plain.merge());
  }

  @Test
  void theOutputDirectoryHoldsWhatTheContractSays() throws Exception {
    TinyRun run =
        TinyRun.of(TinyRun.stage("a", 24, 4, 2), theta(TinyRun.stage("b", 24, 3, 2), 5e5, 1e-3))
            .mesh(2, 1)
            .checkpoints(2, 2);
    RunReport report = gang(run).run().getFirst();

    List<String> lines = Files.readAllLines(root.resolve("metrics.jsonl"));
    assertThat(lines).hasSize(7);
    for (int i = 0; i < 7; i++) {
      JsonNode line = JSON.readTree(lines.get(i));
      List<String> keys = new ArrayList<>();
      line.fieldNames().forEachRemaining(keys::add);
      assertThat(keys)
          .containsExactly(
              "step",
              "stage",
              "loss",
              "loss_zscore",
              "evaluation_loss",
              "grad_norm",
              "learning_rate",
              "tokens",
              "tokens_per_second",
              "step_ms",
              "attention_ms",
              "wait_ms",
              "reader_stall_ms",
              "ring_bytes_sent",
              "hops",
              "hops_skipped",
              "mask_area_worst_over_mean",
              "ring_wait_ms_by_step",
              "ring_compute_ms_by_step",
              "ring_bytes_by_peer",
              "ring_wait_ms_by_peer",
              "packing_efficiency",
              "device_bytes_peak");
      assertThat(line.get("step").intValue()).isEqualTo(i + 1);
      assertThat(line.get("stage").textValue()).isEqualTo(i < 4 ? "a" : "b");
      assertThat(line.get("device_bytes_peak").longValue()).isPositive();
      assertThat(line.get("packing_efficiency").doubleValue()).isBetween(0.5, 1.0);
      assertThat(line.get("attention_ms").doubleValue())
          .isLessThanOrEqualTo(line.get("step_ms").doubleValue());
    }
    assertThat(root.resolve("config.yaml")).exists();
    assertThat(names("checkpoints")).containsExactly("step-00000006", "step-00000007");
    assertThat(root.resolve("checkpoints/step-00000006/state.json")).exists();

    LlamaConfig trained = HuggingFaceModel.readConfig(root.resolve("final"));
    assertThat(trained.ropeTheta()).isEqualTo(5e5);
    assertThat(TrainedFiles.weights(root.resolve("final"))).hasSize(2 * 9 + 3);
    assertThat(report.finalFolder()).isEqualTo(root.resolve("final"));
    StageReport first = report.stages().getFirst();
    assertThat(first.firstLoss()).isEqualTo(JSON.readTree(lines.get(0)).get("loss").doubleValue());
    assertThat(first.lastLoss()).isEqualTo(JSON.readTree(lines.get(3)).get("loss").doubleValue());
    assertThat(first.tokens())
        .isEqualTo(
            lines.stream()
                .limit(4)
                .mapToLong(
                    line -> {
                      try {
                        return JSON.readTree(line).get("tokens").longValue();
                      } catch (IOException e) {
                        throw new AssertionError(e);
                      }
                    })
                .sum());
    assertThat(names(""))
        .containsExactly("checkpoints", "config.yaml", "final", "metrics.jsonl", "tensorboard");
    assertThat(names("tensorboard")).singleElement().asString().startsWith("events.out.tfevents.");
  }

  private List<String> names(String folder) throws IOException {
    try (Stream<Path> files = Files.list(root.resolve(folder))) {
      return files.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void aStageTrainsWithItsOwnRotaryBase() throws Exception {
    StageSettings first = TinyRun.stage("a", 24, 3, 2);
    StageSettings second = TinyRun.stage("b", 24, 1, 2);
    TinyRun run = TinyRun.of(first, theta(second, 50, 1e-3)).checkpoints(3, 2).inOrder();
    Gang staged = gang(run);
    staged.run();

    // The same weights from a folder that says so itself, and from one that does not.
    Path model = root.resolve("checkpoints/step-00000003/model");
    double told = firstLoss(run.stages(second).modelPath(model.toString()), "plain");
    Path config = model.resolve("config.json");
    ObjectNode keys = (ObjectNode) JSON.readTree(config.toFile());
    keys.put("rope_theta", 50.0);
    keys.remove("rope_parameters");
    Files.write(config, JSON.writeValueAsBytes(keys));
    double expected = firstLoss(run.stages(second).modelPath(model.toString()), "based");

    assertThat(staged.reports.getLast().loss()).isEqualTo(expected).isNotEqualTo(told);
  }

  private double firstLoss(TinyRun run, String name) throws Exception {
    Gang gang =
        new Gang(run, root.resolve(name), stage -> RowsInMemory.random(3, 6, 24, 31, false));
    gang.run();
    return gang.reports.getFirst().loss();
  }

  @Test
  void aStepThatIsNotFiniteStopsBeforeItsUpdateWithEvidence() throws Exception {
    TinyRun run =
        TinyRun.of(theta(TinyRun.stage("wild", 24, 9, 2), 1e4, 1e38)).mesh(2, 1).checkpoints(1, 9);
    Gang gang = gang(run);
    assertThatThrownBy(gang::run)
        .isInstanceOf(NonFiniteStepException.class)
        .hasMessageContaining("stage wild")
        .hasMessageContaining("evidence-step-");
    long last = gang.reports.getLast().step();
    JsonNode evidence =
        JSON.readTree(root.resolve("evidence-step-" + (last + 1) + ".json").toFile());
    assertThat(evidence.get("step").longValue()).isEqualTo(last + 1);
    assertThat(evidence.get("rows")).hasSize(2);
    assertThat(evidence.get("gradient_norms")).hasSize(2 * 9 + 3);
    assertThat(evidence.get("weight_norms")).hasSize(2 * 9 + 3);
    assertThat(Files.readAllLines(root.resolve("metrics.jsonl"))).hasSize((int) last);
    assertThat(root.resolve("final")).doesNotExist();
    assertThat(root.resolve("checkpoints/step-%08d".formatted(last + 1))).doesNotExist();
  }

  @Test
  void aTokenOutsideTheVocabularyIsRefusedWithItsPlace() {
    PackedRow bad = RowsInMemory.pack(24, List.of(new int[] {1, 2, 31, 4}), false);
    Gang gang =
        new Gang(
            TinyRun.of(TinyRun.stage("only", 24, 2, 1)),
            root,
            stage -> new RowsInMemory(24, List.of(bad)));
    assertThatThrownBy(gang::run)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("packed row 0, input_ids[2]: 31")
        .hasMessageContaining("0 to 30");
  }

  @Test
  void rowsOfAnotherLengthAreRefused() {
    Gang gang =
        new Gang(
            TinyRun.of(TinyRun.stage("only", 24, 2, 1)),
            root,
            stage -> RowsInMemory.random(3, 2, 23, 31, false));
    assertThatThrownBy(gang::run)
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("sequences of 23 tokens")
        .hasMessageContaining("stages.0.sequence_length = 24");
  }

  @Test
  void aWrongModelIsToldOnEveryRank() {
    Map<String, Object> bad = new HashMap<>(TinyRun.MODEL);
    bad.put("num_attention_heads", 5);
    bad.put("hidden_act", "gelu");
    assertThatThrownBy(
            () -> gang(TinyRun.of(TinyRun.stage("a", 24, 1, 1)).model(bad).mesh(3, 1)).run())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("model.config");
    assertThatThrownBy(
            () ->
                gang(TinyRun.of(TinyRun.stage("a", 24, 1, 1)).modelPath(root + "/none").mesh(2, 1))
                    .run())
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("no such folder");
  }

  @Test
  void whatCannotBeWrittenEndsTheRunWithOneClearError() throws Exception {
    // Stands in for a full disk: nothing can be created below a file.
    Files.writeString(root.resolve("checkpoints"), "not a folder");
    assertThatThrownBy(
            () -> gang(TinyRun.of(TinyRun.stage("a", 24, 2, 1)).checkpoints(1, 1).mesh(2, 1)).run())
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("checkpoint of step 1 could not be written");
    assertThat(root.resolve("final")).doesNotExist();
  }
}
