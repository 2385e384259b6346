package dev.annulus.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class OverridesTest {
  @Test
  void aValueOfTheFileIsReplaced() {
    RunConfig config = read("stages.0.steps=20", "run.name = other", "data.sources.0.path=x.json");
    assertThat(config.stages().getFirst().steps()).isEqualTo(20);
    assertThat(config.run().name()).isEqualTo("other");
    assertThat(config.run().outputDir()).isEqualTo("runs/other");
    assertThat(config.data().sources())
        .isEqualTo(List.of(new SourceSettings("x.json", SourceSettings.Format.JSONL, "text")));
  }

  @Test
  void sectionsAreMade() {
    RunConfig config =
        read(
            "parallel.context=4",
            "stages.0.schedule.warmup_steps=3",
            "model.path=",
            "model.config.rope_scaling.factor=2",
            "model.config.hidden_size=64");
    assertThat(config.parallel().context()).isEqualTo(4);
    assertThat(config.stages().getFirst().schedule().warmupSteps()).isEqualTo(3);
    assertThat(config.model().config())
        .isEqualTo(Map.of("hidden_size", 64, "rope_scaling", Map.of("factor", 2)));
  }

  @Test
  void aMistakeOfTheFileCanBeOverridden() {
    assertThat(
            RunConfigReader.read(
                    "run.yaml",
                    Examples.MINIMAL.replace("steps: 10", "steps: ten"),
                    List.of("stages.0.steps=10"))
                .stages()
                .getFirst()
                .steps())
        .isEqualTo(10);
  }

  @Test
  void valuesAreYaml() {
    RunConfig config =
        read(
            "data.sources=[{path: a.txt}, {path: b.txt}]",
            "stages.0.optimizer.betas=[0.5, 0.6]",
            "run.output_dir='a=b'");
    assertThat(config.data().sources())
        .extracting(SourceSettings::path)
        .containsExactly("a.txt", "b.txt");
    assertThat(config.stages().getFirst().optimizer().beta2()).isEqualTo(0.6);
    assertThat(config.run().outputDir()).isEqualTo("a=b");
  }

  @Test
  void aGlobIsNoAlias() {
    assertThat(read("data.sources.0.path=*.txt").data().sources().getFirst().path())
        .isEqualTo("*.txt");
  }

  @Test
  void propertiesOfSparkKeepTheirDots() {
    assertThat(read("spark.conf.spark.executor.memory=4g", "spark.conf.x=1").spark().conf())
        .isEqualTo(Map.of("spark.executor.memory", "4g", "x", "1"));
  }

  @Test
  void theLastOfAKeyHolds() {
    assertThat(read("run.seed=1", "run.seed=2").run().seed()).isEqualTo(2);
  }

  @Test
  void nothingTakesAValueAway() {
    assertThat(read("run.seed=5", "run.seed=").run().seed()).isEqualTo(1234);
    assertThat(read("run.seed=5", "run.seed=null").run().seed()).isEqualTo(1234);
  }

  @ParameterizedTest
  @ValueSource(strings = {"stages", "", "=5", "a..b=1", ".a=1", "a.=1", "--json"})
  void aMalformedOverrideIsAProblem(String override) {
    assertThat(problems(override))
        .containsExactly(
            new Problem("override", override, "key=value, for example stages.0.steps=20"));
  }

  @Test
  void aKeyOfTooManyPartsIsAProblem() {
    assertThat(problems("a.".repeat(50_000) + "a=1"))
        .extracting(Problem::place)
        .containsOnly("override");
  }

  @Test
  void listsAreNotMadeLonger() {
    for (String index : List.of("1", "-1", "x", "99999999999")) {
      assertThat(problems("stages." + index + ".steps=1"))
          .containsExactly(
              new Problem(
                  "override stages." + index + ".steps",
                  index,
                  "an index below 1, the length of the list"));
    }
    assertThat(problems("evaluation.sources.0.path=x"))
        .containsExactly(
            new Problem(
                "override evaluation.sources.0.path",
                "0",
                "an index below 0, the length of the list"));
  }

  @Test
  void aValueIsNoSection() {
    assertThat(problems("run.name.first=x"))
        .containsExactly(
            new Problem(
                "override run.name.first",
                "run.name is tiny",
                "a key that the configuration can have"));
  }

  @Test
  void anUnknownKeyIsAProblem() {
    assertThat(problems("run.nmae=x"))
        .containsExactly(
            new Problem(
                "override run.nmae",
                "unknown key",
                "name; the keys here are max_restarts, name, output_dir, resume, seed,"
                    + " wait_for_workers_seconds"));
  }

  @Test
  void brokenYamlIsAProblem() {
    List<Problem> problems = problems("stages.0.steps=[1");
    assertThat(problems).hasSize(1);
    assertThat(problems.getFirst().place()).isEqualTo("override stages.0.steps");
    assertThat(problems.getFirst().expectation()).isEqualTo("YAML");
  }

  private static RunConfig read(String... overrides) {
    return RunConfigReader.read("run.yaml", Examples.MINIMAL, List.of(overrides));
  }

  private static List<Problem> problems(String... overrides) {
    return catchThrowableOfType(InvalidInputException.class, () -> read(overrides)).problems();
  }
}
