package dev.annulus.spark.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.spark.storage.LyingFileSystem;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run whose files lie on a file system that nobody mounts: objects, without a folder. */
@Tag("soak")
final class RemoteRunTest {
  private static final String KEY = "spark.hadoop.fs.lying.impl";

  @TempDir Path folder;

  @BeforeAll
  static void know() {
    System.setProperty(KEY, LyingFileSystem.class.getName());
  }

  @AfterAll
  static void forget() {
    System.clearProperty(KEY);
  }

  private static byte[] model(Map<String, byte[]> files) {
    return files.get("/out/final/model.safetensors");
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Test
  void aRunLeavesThereWhatItLeavesHere() throws Exception {
    TinyInput input = TinyInput.write(folder, 2, 1);
    CommandRun.done(input.command("train"));
    byte[] expected = input.read("out/final/model.safetensors");

    String out = "run.output_dir=lying://whole/out";
    CommandRun run = CommandRun.done(input.command("train", out, "--json"));
    assertThat(run.json().get("final").textValue()).isEqualTo("lying://whole/out/final");
    Map<String, byte[]> files = LyingFileSystem.contents("whole");
    assertThat(model(files)).isEqualTo(expected);
    assertThat(files.keySet())
        .contains(
            "/out/config.yaml",
            "/out/final/config.json",
            "/out/checkpoints/step-00000004/manifest.json",
            "/out/checkpoints/step-00000004/model/config.json",
            "/out/packed/32/manifest.json")
        .anyMatch(name -> name.startsWith("/out/tensorboard/events.out.tfevents."))
        .noneMatch(name -> name.contains(".partial") || name.matches(".*/part-[^/]*json"));
    assertThat(text(files.get("/out/metrics.jsonl")).lines()).hasSize(TinyInput.STEPS);

    // What is done is found by every command.
    CommandRun replayed =
        CommandRun.done(input.command("train", out, "--replay-step", "3", "--json"));
    assertThat(replayed.json().get("same").booleanValue()).isTrue();
    CommandRun evaluated = CommandRun.done(input.command("evaluate", out, "--json"));
    assertThat(evaluated.json().get("loss").doubleValue()).isBetween(1.0, 5.0);
    assertThat(generate("lying://whole/out/final").out())
        .isEqualTo(generate(input.path("out/final")).out());
    CommandRun planned = CommandRun.done(input.command("train", out, "--dry-run"));
    assertThat(planned.out()).contains("step 4");

    theSameStorageFullInBetween(input, expected);
  }

  /** Ends in one line, and goes on when there is room. */
  private static void theSameStorageFullInBetween(TinyInput input, byte[] expected) {
    String packed = "data.packed_dir=" + input.path("out/packed");
    String out = "run.output_dir=lying://full/out";
    // Each of four checkpoints of two ranks takes some twenty, with the logs before it.
    LyingFileSystem.fullAfter("full", 60);
    CommandRun full = CommandRun.of(input.command("train", out, packed));
    assertThat(full.exitCode()).as(full.err()).isEqualTo(1);
    assertThat(full.errors().getFirst())
        .contains("could not be written to lying://full/out", "No space left on device");
    LyingFileSystem.fullAfter("full", Integer.MAX_VALUE);
    CommandRun resumed = CommandRun.done(input.command("train", out, packed, "--json"));
    assertThat(resumed.json().get("resumed_from").asInt()).isBetween(1, 3);
    assertThat(model(LyingFileSystem.contents("full"))).isEqualTo(expected);
    assertThat(text(LyingFileSystem.contents("full").get("/out/metrics.jsonl")).lines())
        .hasSize(TinyInput.STEPS);
  }

  private static CommandRun generate(String model) {
    return CommandRun.done("generate", "--model", model, "--prompt-ids", "5,6,7");
  }

  @Test
  void aRunThatStartsFromAModelThereGivesTheSameBits() throws Exception {
    TinyInput input = TinyInput.write(folder, 1, 1);
    TinyModel.write(input);
    try (var files = Files.list(Path.of(input.path("model")))) {
      for (Path file : (Iterable<Path>) files::iterator) {
        LyingFileSystem.contents("base")
            .put("/model/" + file.getFileName(), Files.readAllBytes(file));
      }
    }
    String whole = text(input.read("run.yaml"));
    int config = whole.indexOf("  config:");
    int end = whole.indexOf("data:");
    input.write(
        "run.yaml",
        whole.substring(0, config)
            + "  path: "
            + input.path("model")
            + "\n"
            + whole.substring(end));
    CommandRun.done(input.command("train"));
    CommandRun.done(
        input.command("train", "model.path=lying://base/model", "run.output_dir=lying://base/out"));
    assertThat(model(LyingFileSystem.contents("base")))
        .isEqualTo(input.read("out/final/model.safetensors"));
    CommandRun missing =
        CommandRun.of(
            input.command(
                "train", "model.path=lying://base/none", "run.output_dir=lying://base/other"));
    missing.wrongInput("lying://base/none: no such folder");
  }

  @Test
  void aCheckpointOfAnotherRunAndAPlaceThatIsNoneAreNamed() {
    TinyInput input = TinyInput.write(folder, 1, 1);
    String out = "run.output_dir=lying://other/out";
    CommandRun.done(input.command("train", out));
    CommandRun.of(input.command("train", out, "run.seed=6"))
        .wrongInput(
            "run.seed: 6 (expected 5, as in"
                + " lying://other/out/checkpoints/step-00000004/state.json");
    String[] nowhere = {
      "run.output_dir=nowhere://host/out", "data.packed_dir=" + input.path("packed")
    };
    CommandRun.of(input.command("train", nowhere))
        .wrongInput("run.output_dir: nowhere://host/out, which cannot be reached: No FileSystem");
    CommandRun.of(input.command("train", nowhere[0], nowhere[1], "--dry-run"))
        .wrongInput("run.output_dir: nowhere://host/out, which cannot be reached: No FileSystem");
  }
}
