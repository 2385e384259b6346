package dev.annulus.spark.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.trainer.huggingface.DurableFiles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code train}: a whole run, what a second start of it does, and runs that cannot go on. */
final class TrainCommandTest {
  /** A failure that workers are told of must not wait for a deadline of the ring. */
  private static final double SOON = 20;

  @TempDir Path folder;

  @Test
  void twoRingsOfTwoTrainHalfOfTheWeightsAndResumeAtOnce() {
    TinyInput input = TinyInput.write(folder, 2, 2);
    String half = "stages.1.half_fine_tuning.enabled=true";
    CommandRun run = CommandRun.done(input.command("train", half, "--json"));
    assertThat(run.err()).isEmpty();
    assertThat(run.json().get("steps").asInt()).isEqualTo(TinyInput.STEPS);
    assertThat(run.json().get("resumed_from").asInt()).isZero();
    assertThat(metricsLines(input)).isEqualTo(TinyInput.STEPS);
    byte[] weights = input.read("out/final/model.safetensors");

    CommandRun again = CommandRun.done(input.command("train", half, "--quiet"));
    assertThat(again.out()).isEmpty();
    assertThat(again.err()).isEmpty();
    assertThat(input.read("out/final/model.safetensors")).isEqualTo(weights);
    assertThat(metricsLines(input)).isEqualTo(TinyInput.STEPS);
    assertThat(input.halfWritten()).isEmpty();

    input
        .run("train", half, "run.resume=never")
        .wrongInput("run.resume: never, but " + input.out().resolve("checkpoints"));
    assertThat(input.read("out/final/model.safetensors")).isEqualTo(weights);
  }

  @Test
  void aRunIsMeasuredOnWhatItWasNotTrainedOn() {
    TinyInput input = TinyInput.write(folder, 2, 1);
    String[] heldOut = {"evaluation.every_steps=1", "data.held_out_share=0.3", "--json"};
    CommandRun run = CommandRun.done(input.command("train", heldOut));
    assertThat(run.out()).contains("step 4: loss ").contains(" on held-out documents");
    assertThat(evaluationLosses(input)).hasSize(TinyInput.STEPS).doesNotContain("null");

    // Documents of their own, which were packed for the run beside those that it learns from.
    TinyInput other = TinyInput.write(folder.resolve("other"), 2, 1);
    other.write("held-out.jsonl", "{\"input_ids\": [1, 8, 15, 22, 29]}\n");
    String sources = "evaluation.sources=[{path: " + other.path("held-out.jsonl") + ", ";
    CommandRun.done(
        other.command(
            "train", "evaluation.every_steps=3", sources + "format: jsonl, field: input_ids}]"));
    assertThat(evaluationLosses(other)).filteredOn("null"::equals).hasSize(1);
    assertThat(other.outFiles()).contains("packed/evaluation/32", "packed/evaluation/64");
    other
        .run("train", "evaluation.every_steps=3", sources.replace("held-out", "none") + "}]")
        .wrongInput("model.tokenizer");
    other
        .run(
            "train",
            "evaluation.every_steps=3",
            sources.replace("held-out", "none") + "format: jsonl, field: input_ids}]")
        .wrongInput("evaluation.sources.0.path: no file at ");
  }

  private static List<String> evaluationLosses(TinyInput input) {
    return new String(input.read("out/metrics.jsonl"), StandardCharsets.UTF_8)
        .lines()
        .map(line -> line.replaceAll(".*\"evaluation_loss\":([^,}]*).*", "$1"))
        .toList();
  }

  @Test
  void resumeIsRequiredButThereIsNothing() {
    TinyInput input = TinyInput.write(folder, 2, 1);
    CommandRun run = input.run("train", "run.resume=required");
    run.wrongInput("run.resume: required, but ");
    assertThat(run.seconds()).isLessThan(SOON);
    assertThat(input.outFiles()).noneMatch(name -> name.startsWith("final"));
  }

  @Test
  void damagedCheckpointsAreFallenBehindUntilNoneIsLeft() {
    TinyInput input = TinyInput.write(folder, 2, 1);
    CommandRun.done(input.command("train"));
    byte[] weights = input.read("out/final/model.safetensors");
    damage(input, "out/checkpoints/step-00000004/optimizer/exp_avg-00002-of-00002.safetensors");
    CommandRun run = CommandRun.done(input.command("train", "--json"));
    assertThat(run.json().get("resumed_from").asInt()).isEqualTo(3);
    assertThat(run.err().lines())
        .singleElement()
        .asString()
        .startsWith("warning: checkpoint of step 4 is damaged")
        .contains("exp_avg-00002-of-00002.safetensors");
    assertThat(input.read("out/final/model.safetensors")).isEqualTo(weights);

    for (int step = 1; step <= 4; step++) {
      damage(input, "out/checkpoints/step-0000000" + step + "/state.json");
    }
    CommandRun none = input.run("train");
    assertThat(none.exitCode()).isEqualTo(2);
    assertThat(none.errors()).hasSize(4).allMatch(line -> line.contains("state.json"));
    assertThat(none.seconds()).isLessThan(SOON);
    assertThat(input.read("out/final/model.safetensors")).isEqualTo(weights);
  }

  @Test
  void lossesThatAreNotFiniteEndTheRunWithEvidence() {
    TinyInput input = TinyInput.write(folder, 2, 1);
    CommandRun run =
        input.run(
            "train", "stages.0.learning_rate=1e30", "stages.0.optimizer.max_grad_norm=0", "--json");
    assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
    Path evidence = input.out().resolve("evidence-step-2.json");
    assertThat(run.errors().getFirst()).contains("step 2 (stage short)", evidence.toString());
    assertThat(run.err()).doesNotContain("warning");
    assertThat(evidence).isRegularFile();
    assertThat(run.json().get("error").get("exit_code").asInt()).isEqualTo(1);
    assertThat(input.outFiles()).noneMatch(name -> name.startsWith("final"));
    assertThat(run.seconds()).isLessThan(SOON);
  }

  @Test
  void damagedPackedRowsAreTold() throws Exception {
    TinyInput input = TinyInput.write(folder, 2, 1);
    CommandRun.done(input.command("prepare"));
    damage(input, "out/packed/64/part-00000.parquet");
    CommandRun run = input.run("train");
    run.wrongInput("packed/64/part-00000.parquet");
    assertThat(run.seconds()).isLessThan(SOON);
    assertThat(input.outFiles()).noneMatch(name -> name.startsWith("final"));
    assertThat(input.halfWritten()).isEmpty();

    // What the message says to do helps.
    DurableFiles.deleteTree(input.out().resolve("packed/64"));
    CommandRun.done(input.command("train"));
  }

  @Test
  void anOutputFolderThatIsAFileIsTold() {
    TinyInput input = TinyInput.write(folder);
    input.write("out", "mine");
    CommandRun run = input.run("train", "data.packed_dir=" + input.path("packed"));
    run.wrongInput("run.output_dir: " + input.out());
    assertThat(new String(input.read("out"), StandardCharsets.UTF_8)).isEqualTo("mine");
    input.run("prepare").wrongInput("data.packed_dir: " + input.out().resolve("packed"));
    assertThat(Files.exists(folder.resolve("packed"))).isFalse();
  }

  private static void damage(TinyInput input, String name) {
    byte[] bytes = input.read(name);
    bytes[bytes.length / 2] ^= 0x55;
    input.write(name, Arrays.copyOf(bytes, bytes.length));
  }

  private static long metricsLines(TinyInput input) {
    return new String(input.read("out/metrics.jsonl"), StandardCharsets.UTF_8).lines().count();
  }
}
