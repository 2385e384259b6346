package dev.annulus.tree;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a clone holds. Skipped where there is no clone, as in a source archive. */
final class RepositoryTest {
  private static final Set<String> TOP =
      Set.of(
          ".ci",
          ".gitattributes",
          ".gitignore",
          ".mvn",
          "LICENSE",
          "README.md",
          "annulus",
          "cluster-config",
          "data-pipeline",
          "docs",
          "pom.xml",
          "ring-attention",
          "spark-jobs",
          "trainer");

  private static final Pattern SOURCE =
      Pattern.compile(".*\\.(java|py|sh|xml|ya?ml|properties|md|config)|annulus|\\.ci/.*");

  /** Folders of one person's machine, or of one sandbox. */
  private static final Pattern MACHINE_PATH =
      Pattern.compile("(?<![\\w./}$-])/(home|root|tmp|work|Users)/\\w");

  private static final Pattern UNFINISHED = Pattern.compile("\\b(TO" + "DO|FIX" + "ME)\\b");

  private static List<String> tracked = List.of();

  @BeforeAll
  static void listTrackedFiles() throws Exception {
    var files = Repository.trackedFiles();
    Assumptions.assumeTrue(files.isPresent(), "no git, or no clone");
    tracked = files.get();
  }

  @Test
  void theTopHoldsOnlyWhatANewcomerShouldSee() {
    assertThat(tracked.stream().map(RepositoryTest::topOf).collect(Collectors.toSet()))
        .isSubsetOf(TOP);
  }

  @Test
  void noSourceKnowsTheMachineItWasWrittenOn() {
    assertThat(linesWith(MACHINE_PATH)).as("absolute paths of a machine").isEmpty();
  }

  @Test
  void nothingIsLeftForLater() {
    assertThat(linesWith(UNFINISHED)).as("unfinished work belongs into an issue").isEmpty();
  }

  @Test
  void nothingThatABuildMakesIsCommitted() {
    assertThat(tracked).noneMatch(file -> file.matches("(.*/)?target/.*|.*\\.(class|jar|log)"));
  }

  @Test
  void thePatternsFindWhatTheyAreFor() {
    assertThat("see " + "/ho" + "me/me/x").containsPattern(MACHINE_PATH);
    assertThat("\"" + "/tm" + "p/x\"").containsPattern(MACHINE_PATH);
    assertThat("https://host/home/x, a/work/b, $HOME/work/x").doesNotContainPattern(MACHINE_PATH);
    assertThat("// TO" + "DO: later").containsPattern(UNFINISHED);
    assertThat(tracked).contains("pom.xml");
  }

  private static List<String> linesWith(Pattern pattern) {
    List<String> lines = new ArrayList<>();
    for (String file : tracked) {
      Path path = Repository.root().resolve(file);
      // A tracked file that was deleted but not committed yet is not there.
      if (!SOURCE.matcher(file).matches() || !Files.isRegularFile(path)) {
        continue;
      }
      String text = Repository.text(path);
      for (MatchResult match : pattern.matcher(text).results().toList()) {
        long line = 1 + text.substring(0, match.start()).lines().count();
        lines.add(file + ":" + line + " " + match.group());
      }
    }
    return lines;
  }

  private static String topOf(String file) {
    int slash = file.indexOf('/');
    return slash < 0 ? file : file.substring(0, slash);
  }
}
