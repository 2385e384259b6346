package dev.annulus.spark.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code generate}: its result for scripts, and prompts and options that are wrong. */
final class GenerateCommandTest {
  @TempDir static Path folder;
  private static TinyModel model;

  @BeforeAll
  static void write() {
    model = TinyModel.write(TinyInput.write(folder));
  }

  @Test
  void idsComeBackAsJson() {
    CommandRun run = model.generate("--max-new-tokens", "24", "--json");
    assertThat(run.exitCode()).isZero();
    assertThat(run.json().get("ids")).hasSize(24);
    assertThat(run.json().has("text")).as("no tokeniser, no text").isFalse();
    run.json()
        .get("ids")
        .forEach(id -> assertThat(id.asInt()).isBetween(0, TinyInput.VOCABULARY - 1));
  }

  @Test
  void theAnswerIsNotForPeopleAloneAndQuietKeepsIt() {
    CommandRun run = model.generate("--max-new-tokens", "2", "--quiet");
    assertThat(run.exitCode()).isZero();
    assertThat(run.out().strip()).matches("\\[\\d+, \\d+]");
    assertThat(run.err()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          5,50   | 50
          -1     | -1
          5,,6   | ''
          five   | five
          ''     | ''
          1e3    | 1e3
          99999999999 | 99999999999
          """)
  void wrongPromptIds(String ids, String told) {
    CommandRun run =
        CommandRun.of("generate", "--model", model.path(), "--prompt-ids", ids, "--json");
    run.wrongInput("prompt");
    assertThat(run.errors().getFirst()).contains(told);
    assertThat(run.json().get("error").get("exit_code").asInt()).isEqualTo(2);
  }

  @Test
  void everyWrongPromptIdIsTold() {
    CommandRun.of("generate", "--model", model.path(), "--prompt-ids", "a,1,b")
        .wrongInput("--prompt-ids: 'a'", "--prompt-ids: 'b'");
  }

  @ParameterizedTest
  @CsvSource({
    "--max-new-tokens, -1",
    "--max-new-tokens, 0",
    "--max-new-tokens, many",
    "--temperature, -1",
    "--temperature, NaN",
    "--top-p, 0",
    "--top-p, 2",
    "--top-k, -3",
    "--seed, x"
  })
  void wrongOptionsAreToldWithTheirName(String option, String value) {
    CommandRun run = model.generate(option, value);
    assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
    assertThat(run.errors().getFirst()).contains(option).contains(value);
  }

  @Test
  void exactlyOnePromptIsAskedFor() {
    CommandRun neither = CommandRun.of("generate", "--model", model.path());
    assertThat(neither.exitCode()).isEqualTo(2);
    assertThat(neither.errors().getFirst()).contains("--prompt").contains("--prompt-ids");
    CommandRun both = model.generate("--prompt", "a");
    assertThat(both.exitCode()).isEqualTo(2);
    assertThat(both.errors().getFirst()).contains("--prompt").contains("--prompt-ids");
  }
}
