package dev.annulus.spark.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code evaluate --model --data}: its result for scripts, and documents that are wrong. */
final class EvaluateCommandTest {
  @TempDir static Path folder;
  private static TinyInput input;
  private static TinyModel model;

  @BeforeAll
  static void write() {
    input = TinyInput.write(folder);
    model = TinyModel.write(input);
  }

  @Test
  void documentsWithoutTargetsHaveNoLoss() {
    input.write(
        "mixed.jsonl",
        "{\"input_ids\": [1, 2, 3, 4]}\n\n{\"input_ids\": [7]}\n{\"input_ids\": [3, 9]}\n");
    CommandRun run = model.evaluate("mixed.jsonl");
    assertThat(run.exitCode()).as(run.err()).isZero();
    JsonNode json = run.json();
    assertThat(json.get("targets").asInt()).isEqualTo(4);
    JsonNode documents = json.get("documents");
    assertThat(documents).hasSize(3);
    for (int i = 0; i < 3; i++) {
      assertThat(documents.get(i).get("index").asInt()).isEqualTo(i);
    }
    assertThat(documents.get(0).get("targets").asInt()).isEqualTo(3);
    assertThat(documents.get(1).get("targets").asInt()).isZero();
    assertThat(documents.get(1).get("loss").isNull()).isTrue();
    double mean =
        (3 * documents.get(0).get("loss").asDouble() + documents.get(2).get("loss").asDouble()) / 4;
    assertThat(json.get("loss").asDouble()).isCloseTo(mean, within(1e-12));
  }

  @Test
  void noTargetsAtAllIsNoLoss() {
    input.write("single.jsonl", "{\"input_ids\": [7]}\n");
    CommandRun run = model.evaluate("single.jsonl");
    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(run.json().get("loss").isNull()).isTrue();
    assertThat(run.json().get("targets").asInt()).isZero();
    assertThat(run.out()).doesNotContain("NaN");
  }

  @Test
  void everyWrongLineIsTold() {
    input.write(
        "wrong.jsonl",
        """
        {"input_ids": [1, 2]}
        {"input_ids": [1, 2}
        {"tokens": [1, 2]}
        {"input_ids": [1, "2"]}
        {"input_ids": 5}
        [1, 2]
        """);
    model
        .evaluate("wrong.jsonl")
        .wrongInput(
            "wrong.jsonl:2", "wrong.jsonl:3", "wrong.jsonl:4", "wrong.jsonl:5", "wrong.jsonl:6");
  }

  @Test
  void idsOutsideTheVocabularyAreTold() {
    input.write(
        "outside.jsonl", "{\"input_ids\": [1, 50]}\n{\"input_ids\": [1]}\n{\"input_ids\": [-1]}\n");
    model.evaluate("outside.jsonl").wrongInput("outside.jsonl:1", "outside.jsonl:3");
  }

  @Test
  void whatIsNoFileOfDocumentsIsTold() {
    input.write("empty.jsonl", "");
    model.evaluate("empty.jsonl").wrongInput("empty.jsonl: no documents");
    input.write("folder/x.jsonl", "{}");
    model.evaluate("folder").wrongInput("folder: not a file");
    model.evaluate("nowhere.jsonl").wrongInput("nowhere.jsonl: no such file");
    input.write("bytes.jsonl", new byte[] {'{', '"', (byte) 0xff, '"', '\n'});
    model.evaluate("bytes.jsonl").wrongInput("bytes.jsonl:1");
  }

  @Test
  void oneFormIsAskedFor() {
    CommandRun.of("evaluate")
        .wrongInput("no --config and no --model and no --data (expected --config FILE, or --model");
    CommandRun.of("evaluate", "--model", model.path()).wrongInput("no --data");
    CommandRun.of("evaluate", "--data", input.path("docs.jsonl")).wrongInput("no --model");
    input.run("evaluate", "--data", input.path("docs.jsonl")).wrongInput("--data");
    input.run("evaluate").wrongInput("run.output_dir");
  }
}
