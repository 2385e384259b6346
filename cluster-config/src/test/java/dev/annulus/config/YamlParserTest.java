package dev.annulus.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Text that is no YAML, or YAML that no configuration should be. */
final class YamlParserTest {
  @Test
  void brokenYamlIsToldWithLineAndColumn() {
    Problem problem = onlyProblem("run:\n  name: a\n  seed: [1, 2\nmodel: {}\n");
    assertThat(problem.place()).isEqualTo("run.yaml:4");
    assertThat(problem.value()).startsWith("column 6: ");
    assertThat(problem.expectation()).isEqualTo("YAML");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "run: {name: a",
        "run: 'a",
        "a: b: c",
        "\ta: b",
        "run:\n name: a\nseed",
        "a: *nowhere",
        "--- 1\n--- 2",
        "%YAML 9",
        "@a",
        "a: !!int x",
        "a: !custom b",
        "a: !!set {b}",
        "? [a]\n: b",
        "a: \u0001",
      })
  void whatIsNoPlainYamlIsAProblemWithALine(String text) {
    assertThat(problems(text).getFirst().place()).startsWith("run.yaml:");
  }

  @Test
  void aKeyGivenTwiceNamesBothLines() {
    assertThat(problems("run:\n  name: a\n  seed: 1\n  name: b\n"))
        .contains(
            new Problem("run.yaml:4 run.name", "given twice", "one; the first is at run.yaml:2"));
    assertThat(problems("run: {name: a}\nmodel: {}\nrun: {name: b}\n"))
        .contains(new Problem("run.yaml:3 run", "given twice", "one; the first is at run.yaml:1"));
  }

  @Test
  void aDocumentIsASection() {
    assertThat(onlyProblem("- run\n"))
        .isEqualTo(new Problem("run.yaml:1", "a list of 1", "sections: run, model, data, stages"));
    assertThat(onlyProblem("\nhello\n"))
        .isEqualTo(new Problem("run.yaml:2", "hello", "sections: run, model, data, stages"));
  }

  @Test
  void deepNestingIsRefusedWithoutOverflow() {
    assertThat(onlyProblem("a:\n  " + "[".repeat(100_000)))
        .isEqualTo(new Problem("run.yaml:2", "nested too deeply", "at most 64 levels"));
  }

  @Test
  void anAliasInsideItsAnchorIsRefused() {
    assertThat(problems("a: &a [*a]\n"))
        .anySatisfy(problem -> assertThat(problem.value()).isEqualTo("nested too deeply"));
  }

  /** The library's reader fails on one at the end of its buffer. */
  @Test
  void aPairOfSurrogatesMayStandAnywhere() {
    for (int before = 1000; before < 1040; before++) {
      assertThat(problems("#" + "a".repeat(before) + "\uD83D\uDE00\n- run\n"))
          .as("%d before", before)
          .singleElement()
          .extracting(Problem::value)
          .isEqualTo("a list of 1");
    }
  }

  @Test
  void aliasesThatMultiplyAreRefused() {
    StringBuilder text = new StringBuilder("a0: &a0 [x, x]\n");
    for (int i = 1; i < 40; i++) {
      text.append("a").append(i).append(": &a").append(i).append(" [");
      text.append("*a").append(i - 1).append(", *a").append(i - 1).append("]\n");
    }
    assertThat(problems(text.toString()))
        .anySatisfy(problem -> assertThat(problem.value()).isEqualTo("too many values"));
  }

  @Test
  void characterCodesAreToldWithTheirLine() {
    assertThat(onlyProblem("run:\n  name: \u0001\n"))
        .isEqualTo(new Problem("run.yaml:2", "character U+0001", "YAML, which does not allow it"));
  }

  private static Problem onlyProblem(String text) {
    List<Problem> problems = problems(text);
    assertThat(problems).hasSize(1);
    return problems.getFirst();
  }

  private static List<Problem> problems(String text) {
    return catchThrowableOfType(
            InvalidInputException.class, () -> RunConfigReader.read("run.yaml", text, List.of()))
        .problems();
  }
}
