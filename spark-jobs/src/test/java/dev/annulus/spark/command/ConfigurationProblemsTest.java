package dev.annulus.spark.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A wrong configuration ends every command at once: 2, all problems with their places, no file. */
final class ConfigurationProblemsTest {
  @TempDir Path folder;
  private TinyInput input;

  @BeforeEach
  void write() {
    input = TinyInput.write(folder);
  }

  @ParameterizedTest
  @ValueSource(strings = {"train", "prepare", "evaluate"})
  void everyProblemIsToldAtOnce(String command) {
    input.replace("run.yaml", "sequence_length: 32", "sequence_lenght: 32");
    input.replace("run.yaml", "seed: 5", "seed: five");
    input.replace("run.yaml", "every_steps: 1", "every_step: 1");
    CommandRun run =
        input.run(command, "--json", "parallel.contxt=2", "stages.0.steps=0", "device.kind=gpu");
    run.wrongInput(
        "run.yaml:1 run.seed: five (expected a whole number)",
        "run.yaml:9 stages.0.sequence_length: missing",
        "run.yaml:9 stages.0.sequence_lenght: unknown key (expected sequence_length",
        "run.yaml:11 checkpoint.every_step: unknown key (expected every_steps",
        "override parallel.contxt: unknown key (expected context",
        "override device.kind: gpu (expected one of auto, cpu, cuda)",
        "override stages.0.steps: 0 (expected a whole number, at least 1)");
    JsonNode error = run.json().get("error");
    assertThat(error.get("exit_code").asInt()).isEqualTo(2);
    assertThat(error.get("problems")).hasSize(7);
    assertThat(input.outFiles()).isEmpty();
  }

  @Test
  void whatTheCpuCannotDoIsRefused() {
    input
        .run("train", "device.kind=cpu", "device.precision=bfloat16")
        .wrongInput(
            "override device.precision: bfloat16 on the CPU (expected float32, or device.kind:"
                + " cuda)");
  }

  @Test
  void impossibleCombinationsAreTold() {
    input
        .run("train", "model.path=base", "stages.0.schedule.warmup_steps=3", "stages.1.name=short")
        .wrongInput(
            "model.path",
            "override stages.0.schedule.warmup_steps: 3 (expected at most the 2 steps of the"
                + " stage)",
            "override stages.1.name: short");
  }

  @Test
  void headsThatDoNotDivideAreTold() {
    input
        .run("train", "model.config.num_key_value_heads=3", "model.config.head_dim=7")
        .wrongInput("model.config.head_dim: 7", "model.config.num_key_value_heads: 3");
    assertThat(input.outFiles()).isEmpty();
  }

  @Test
  void misspeltKeysOfTheModelAreTold() {
    input
        .run("train", "model.config.hiden_size=16")
        .wrongInput(
            "model.config.hiden_size: 16 (expected no such key; did you mean hidden_size?)");
  }

  @Test
  void tooFewSlotsAreToldBeforeAnythingIsPacked() {
    input
        .run("train", "spark.master=local[1]", "parallel.context=2", "parallel.data=2")
        .wrongInput("spark.master: local[1] with 1 slots (expected at least 4 slots");
    assertThat(input.outFiles()).isEmpty();
  }

  @Test
  void aMasterThatIsNoneIsTold() {
    input.run("train", "spark.master=locl[2]").wrongInput("spark.master: locl[2]");
  }

  @Test
  void malformedOverridesAreTold() {
    input
        .run("train", "steps", "=3", "stages.9.steps=1", "stages.0.steps=[1", "a..b=1")
        .wrongInput(
            "override: steps (expected key=value, for example stages.0.steps=20)",
            "override: =3 (expected key=value",
            "override stages.9",
            "override stages.0.steps",
            "override: a..b=1 (expected key=value");
  }

  @Test
  void aConfigurationThatIsNotThereIsTold() {
    CommandRun.of("train", "--config", input.path("other.yaml"))
        .wrongInput("other.yaml: no such file");
    CommandRun.of("train", "--config", folder.toString()).wrongInput(folder.toString());
  }

  @Test
  void aConfigurationThatIsNoYamlIsTold() {
    input.write("run.yaml", "run: {name: tiny\nmodel: [");
    assertThat(input.run("train").wrongInput("run.yaml:2").exitCode()).isEqualTo(2);
    input.write("run.yaml", new byte[] {'r', 'u', 'n', ':', ' ', (byte) 0xff, '\n'});
    input.run("train").wrongInput("run.yaml");
  }

  @Test
  void unknownCommandsAndOptionsNameTheNearest() {
    assertThat(CommandRun.of("trian", "--config", "run.yaml").errors())
        .anyMatch(line -> line.contains("'trian'"))
        .anyMatch(line -> line.contains("did you mean: ") && line.contains("train"))
        .anyMatch(line -> line.equals("see: annulus --help"));
    CommandRun option = CommandRun.of("train", "--confg", "run.yaml");
    assertThat(option.exitCode()).isEqualTo(2);
    assertThat(option.errors())
        .anyMatch(line -> line.contains("--confg"))
        .anyMatch(line -> line.contains("did you mean: ") && line.contains("--config"));
  }

  @Test
  void aCommandWithoutItsOptionSaysWhich() {
    assertThat(CommandRun.of("train").errors()).anyMatch(line -> line.contains("--config"));
    assertThat(CommandRun.of("generate", "--prompt", "x").errors())
        .anyMatch(line -> line.contains("--model"));
  }

  @Test
  void helpIsNoError() {
    for (List<String> arguments :
        List.of(List.<String>of(), List.of("--help"), List.of("help"), List.of("help", "train"))) {
      CommandRun run = CommandRun.done(arguments.toArray(String[]::new));
      assertThat(run.err()).isEmpty();
      assertThat(run.out()).contains("Usage: annulus");
    }
  }
}
