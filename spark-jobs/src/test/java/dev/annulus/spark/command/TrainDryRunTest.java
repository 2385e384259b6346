package dev.annulus.spark.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code train --dry-run}: the plan of a run, and nothing else. */
final class TrainDryRunTest {
  @TempDir Path folder;

  @Test
  void thePlanIsToldAndNothingIsWritten() {
    TinyInput input = TinyInput.write(folder, 2, 2);
    CommandRun run = CommandRun.done(input.command("train", "--dry-run", "--json"));
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains("4 workers, 2 rings of 2", "not yet", "Nothing was trained or written.")
        .contains("Memory: a worker holds up to ");
    JsonNode plan = run.json();
    assertThat(plan.get("stages")).hasSize(2);
    assertThat(plan.get("stages").get(1).get("tokens").asLong()).isEqualTo(2 * 2 * 64);
    assertThat(plan.get("stages").get(0).get("packed_rows").isNull()).isTrue();
    assertThat(plan.get("checkpoint").isNull()).isTrue();
    assertThat(Files.exists(input.out())).isFalse();
  }

  @Test
  void whatIsThereAlreadyIsFound() {
    TinyInput input = TinyInput.write(folder, 2, 1);
    CommandRun trained = CommandRun.done(input.command("train"));
    var before = input.outFiles();
    CommandRun run = CommandRun.done(input.command("train", "--dry-run", "--json"));
    JsonNode plan = run.json();
    assertThat(plan.get("checkpoint").asInt()).isEqualTo(TinyInput.STEPS);
    assertThat(plan.get("stages").get(0).get("packed_rows").asLong()).isPositive();
    assertThat(input.outFiles()).isEqualTo(before);
    // The run said the same about its memory when it began.
    List<String> memory =
        run.out().lines().filter(line -> line.startsWith("Memory: a worker holds")).toList();
    assertThat(memory).hasSize(1);
    assertThat(trained.out().lines()).contains(memory.getFirst());

    CommandRun other =
        CommandRun.done(input.command("train", "--dry-run", "--json", "data.add_eos=false"));
    assertThat(other.json().get("stages").get(0).get("packed_rows").isNull())
        .as("rows that would be made anew")
        .isTrue();
  }

  @Test
  void aStageLongerThanTheRotaryEmbeddingServesIsWarnedOf() {
    TinyInput input = TinyInput.write(folder, 2, 1);
    TinyModel model = TinyModel.write(input);
    input.replace(
        "model/config.json",
        "\"max_position_embeddings\" : 2048",
        "\"max_position_embeddings\" : 32");
    String text = new String(input.read("run.yaml"), StandardCharsets.UTF_8);
    String section = text.substring(text.indexOf("  config:"), text.indexOf("data:"));
    input.replace("run.yaml", section, "  path: " + model.path() + "\n");
    CommandRun run = CommandRun.done(input.command("train", "--dry-run", "--json"));
    assertThat(run.err().lines())
        .singleElement()
        .asString()
        .startsWith("warning: stages.1.sequence_length: 64, ")
        .contains("serves 32 tokens");
    assertThat(run.json().get("warnings")).hasSize(1);
  }

  @Test
  void allThatIsWrongIsToldAtOnce() {
    TinyInput input = TinyInput.write(folder, 2, 1);
    input
        .run(
            "train",
            "--dry-run",
            "run.resume=required",
            "data.sources.0.path=" + input.path("nothing"),
            "stages.1.freeze=[model.layers.7.*]",
            "spark.master=local[1]")
        .wrongInput(
            "data.sources.0.path: no file at ",
            "run.resume: required, but ",
            "spark.master: local[1] with 1 slots",
            "stages.1.freeze.0: model.layers.7.*");
    assertThat(Files.exists(input.out())).isFalse();
  }
}
