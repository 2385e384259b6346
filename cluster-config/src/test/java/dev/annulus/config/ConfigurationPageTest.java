package dev.annulus.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** docs/configuration.md says what the reader does. */
final class ConfigurationPageTest {
  private static final Path PAGE =
      Path.of(System.getProperty("annulus.repository"), "docs", "configuration.md");
  private static final Pattern ROW =
      Pattern.compile("^\\| `([a-z_.*]+)` \\| (.+?) \\| (.+?) \\| (.+?) \\|$", Pattern.MULTILINE);
  private static final Pattern EXAMPLE = Pattern.compile("```yaml\\n(.*?)```", Pattern.DOTALL);

  /** A line of a table of the page. */
  private record Row(String key, String type, String fallback) {}

  @Test
  void everyKeyIsDocumentedAndNoOther() throws Exception {
    assertThat(rows()).extracting(Row::key).containsExactlyInAnyOrderElementsOf(knownLeaves());
  }

  @Test
  void theDefaultsAreThoseOfTheReader() throws Exception {
    // Sections that this example leaves out are read with their defaults.
    String text = Examples.MINIMAL + "evaluation: {sources: [{path: b}]}\n";
    RunConfig config = RunConfigReader.read("run.yaml", text, List.of());
    int checked = 0;
    for (Row row : rows()) {
      if (row.fallback().matches("`[^<`]+`")) {
        String value = row.fallback().substring(1, row.fallback().length() - 1);
        String override = row.key().replace("*", "0") + "=" + value;
        assertThat(RunConfigReader.read("run.yaml", text, List.of(override)))
            .as(override)
            .isEqualTo(config);
        checked++;
      }
    }
    assertThat(checked).isGreaterThan(30);
  }

  @Test
  void everyDocumentedChoiceIsAccepted() throws Exception {
    for (Row row : rows()) {
      if (!row.type().matches("(`\\w+`(, )?)+")) {
        continue;
      }
      for (String choice : row.type().replace("`", "").split(", ", -1)) {
        String override = row.key().replace("*", "0") + "=" + choice;
        String text = Examples.MINIMAL + "evaluation: {sources: [{path: b}]}\n";
        assertThat(RunConfigReader.read("run.yaml", text, List.of(override))).isNotNull();
      }
    }
  }

  @Test
  void theExampleIsRightAndHoldsEveryKey() throws Exception {
    String example =
        EXAMPLE
            .matcher(Files.readString(PAGE))
            .results()
            .map(match -> match.group(1))
            .collect(Collectors.joining());
    assertThat(RunConfigReader.read("example", example, List.of()).stages()).hasSize(2);
    Set<String> missing = new TreeSet<>(knownLeaves());
    missing.removeAll(KeyPaths.of(example));
    // What excludes a key of the example.
    assertThat(missing)
        .containsExactly(
            "model.path",
            "stages.*.merge.density",
            "stages.*.merge.rank",
            "stages.*.merge.scale",
            "stages.*.merge.t");
  }

  private static List<Row> rows() throws Exception {
    List<Row> rows = new ArrayList<>();
    for (MatchResult match : ROW.matcher(Files.readString(PAGE)).results().toList()) {
      rows.add(new Row(match.group(1), match.group(2), match.group(3)));
    }
    return rows;
  }

  /** The keys that hold values rather than other keys. */
  private static List<String> knownLeaves() {
    Set<String> known = new TreeSet<>();
    for (MergeMethodSettings.Method method : MergeMethodSettings.Method.values()) {
      Problems problems = new Problems();
      List<String> override = List.of("stages.0.merge={method: " + method.yamlName() + "}");
      RunConfigReader.read("run.yaml", Examples.FULL, override, problems);
      known.addAll(problems.knownKeys());
    }
    return known.stream()
        .filter(key -> known.stream().noneMatch(other -> other.startsWith(key + ".")))
        .toList();
  }
}
