package dev.annulus.spark.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code train --replay-step}: a step of a run that is over, done again. */
final class ReplayStepTest {
  private static final String HALF = "stages.1.half_fine_tuning.enabled=true";

  /** One checkpoint a stage, so that steps lie between. */
  private static final String RARE = "checkpoint.every_steps=0";

  private static final String FORWARD =
      "stages.0.optimizer={name: zo_sgd, eps: 0.01, weight_decay: 0.1}";

  @TempDir static Path folder;

  private static TinyInput input;

  /** One run for all tests: each leaves it as it was. */
  @BeforeAll
  static void trainOnce() {
    input = TinyInput.write(folder, 2, 1);
    CommandRun.done(input.command("train", HALF, RARE, FORWARD));
  }

  private static CommandRun replay(String step, String... more) {
    String[] arguments = new String[more.length + 6];
    System.arraycopy(
        new String[] {"--replay-step", step, HALF, RARE, FORWARD, "--json"}, 0, arguments, 0, 6);
    System.arraycopy(more, 0, arguments, 6, more.length);
    return input.run("train", arguments);
  }

  private static Map<String, String> written() {
    Map<String, String> files = new HashMap<>();
    for (String name : input.outFiles()) {
      Path path = input.out().resolve(name);
      files.put(
          name,
          path.toFile().isFile()
              ? path.toFile().lastModified() + " " + Arrays.hashCode(input.read("out/" + name))
              : "");
    }
    return files;
  }

  /** The step with its bits, which the steps since {@code from} led to. */
  private static JsonNode same(int step, int from) {
    CommandRun run = replay(Integer.toString(step));
    assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
    assertThat(run.out()).contains("The same as in metrics.jsonl, bit for bit.");
    JsonNode json = run.json();
    assertThat(json.get("same").booleanValue()).isTrue();
    assertThat(json.get("from").intValue()).isEqualTo(from);
    assertThat(json.get("step").intValue()).isEqualTo(step);
    return json;
  }

  @Test
  void theLogOfForwardPassesSparesTheStepsBefore() {
    same(2, 1);
  }

  @Test
  void aStepGivesItsBitsAgainWithTheNormsOfItsWholeGradientAndNothingIsWritten() {
    Map<String, String> before = written();
    JsonNode json = same(4, 2);
    double squares = 0;
    for (JsonNode norm : json.get("gradient_norms")) {
      squares += norm.doubleValue() * norm.doubleValue();
    }
    double norm = json.get("grad_norm").doubleValue();
    assertThat(Math.sqrt(squares)).isCloseTo(norm, within(1e-9));
    assertThat(json.get("gradient_norms").size())
        .isEqualTo(json.get("weight_norms").size())
        .isBetween(8, 16);
    assertThat(written()).isEqualTo(before);
  }

  @Test
  void soDoStepsWithWeightsSharedOut() {
    TinyInput shared = TinyInput.write(folder.resolve("shared"), 2, 1);
    CommandRun.done(shared.command("train", RARE, "parallel.sharding=full"));
    CommandRun run =
        shared.run("train", "--replay-step", "4", RARE, "parallel.sharding=full", "--json");
    assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
    assertThat(run.json().get("same").booleanValue()).isTrue();
    assertThat(run.json().get("weight_norms").size())
        .isEqualTo(run.json().get("gradient_norms").size())
        .isPositive();
  }

  @Test
  void aStepThatDiffersIsTold() {
    String metrics = new String(input.read("out/metrics.jsonl"), StandardCharsets.UTF_8);
    String line = metrics.lines().toList().get(2);
    String loss = line.replaceAll(".*\"loss\":([^,]*),.*", "$1");
    input.replace("out/metrics.jsonl", "\"loss\":" + loss, "\"loss\":1.25");
    CommandRun run;
    try {
      run = replay("3");
    } finally {
      input.write("out/metrics.jsonl", metrics);
    }
    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.json().get("same").booleanValue()).isFalse();
    assertThat(run.err()).contains("differs: loss " + loss + ", and metrics.jsonl says 1.25");
  }

  @Test
  void aStepThatIsNoneIsRefused() {
    replay("5").wrongInput("--replay-step: 5 (expected a step from 1 to 4");
    replay("0").wrongInput("--replay-step: 0 (expected a step from 1 to 4");
    replay("5", "stages.1.steps=9")
        .wrongInput("--replay-step: 5 (expected a step that the run has done");
    input.run("train", "--dry-run", "--replay-step", "1").wrongInput("command line: --dry-run and");
  }
}
