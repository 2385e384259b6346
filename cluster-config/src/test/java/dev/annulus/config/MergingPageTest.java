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
import org.junit.jupiter.api.Test;

/** docs/merging.md says what the reader of merge.yaml does. */
final class MergingPageTest {
  private static final Path PAGE =
      Path.of(System.getProperty("annulus.repository"), "docs", "merging.md");
  private static final Pattern ROW =
      Pattern.compile(
          "^\\| `((?:merge|spark)\\.[a-z_.]+)` \\| (.+?) \\| (.+?) \\| (.+?) \\|$",
          Pattern.MULTILINE);
  private static final String MINIMAL = "merge: {base: b, models: [m], output: o}\n";

  @Test
  void everyKeyIsDocumentedAndNoOther() throws Exception {
    Set<String> known = new TreeSet<>();
    for (MergeMethodSettings.Method method : MergeMethodSettings.Method.values()) {
      Problems problems = new Problems();
      MergeConfigReader.read(
          "merge.yaml", MINIMAL, List.of("merge.method=" + method.yamlName()), problems);
      known.addAll(problems.knownKeys());
    }
    known.removeAll(Set.of("merge", "spark"));
    assertThat(rows().stream().map(row -> row.group(1))).containsExactlyInAnyOrderElementsOf(known);
  }

  @Test
  void theDefaultsAreThoseOfTheReader() throws Exception {
    MergeConfig config = MergeConfigReader.read("merge.yaml", MINIMAL, List.of());
    int checked = 0;
    for (MatchResult row : rows()) {
      if (row.group(3).matches("`[^<`]+`")) {
        String override = row.group(1) + "=" + row.group(3).replace("`", "");
        assertThat(MergeConfigReader.read("merge.yaml", MINIMAL, List.of(override)))
            .as(override)
            .isEqualTo(config);
        checked++;
      }
    }
    assertThat(checked).isGreaterThan(5);
  }

  @Test
  void everyDocumentedChoiceIsAccepted() throws Exception {
    for (MatchResult row : rows()) {
      if (row.group(2).matches("(`\\w+`(, )?)+")) {
        for (String choice : row.group(2).replace("`", "").split(", ", -1)) {
          String override = row.group(1) + "=" + choice;
          assertThat(MergeConfigReader.read("merge.yaml", MINIMAL, List.of(override))).isNotNull();
        }
      }
    }
  }

  private static List<MatchResult> rows() throws Exception {
    return new ArrayList<>(ROW.matcher(Files.readString(PAGE)).results().toList());
  }
}
