package dev.annulus.tree;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The build runs classes whose names end in Test: a test of another name never runs. */
final class TestNamesTest {
  private static final Pattern TEST_METHOD =
      Pattern.compile(
          "^\\s*@(Test|ParameterizedTest|RepeatedTest|TestFactory|TestTemplate)\\b",
          Pattern.MULTILINE);

  /** What only a subclass runs, which the rule holds for in its turn. */
  private static final Pattern CONTRACT =
      Pattern.compile("^(public )?(abstract (sealed )?class|interface) ", Pattern.MULTILINE);

  @Test
  void classesWithTestsAreNamedSoThatTheyRun() {
    List<String> neverRun =
        Repository.javaSources().stream()
            .filter(source -> Repository.name(source).contains("src/test/java"))
            .filter(source -> !source.toString().endsWith("Test.java"))
            .filter(source -> holdsTests(Repository.text(source)))
            .map(Repository::name)
            .toList();
    assertThat(neverRun).as("classes with tests whose names do not end in Test").isEmpty();
  }

  @Test
  void thisTestSeesTests() {
    Path self =
        Repository.root().resolve("spark-jobs/src/test/java/dev/annulus/tree/TestNamesTest.java");
    assertThat(Repository.javaSources()).contains(self);
    assertThat(holdsTests(Repository.text(self))).isTrue();
    assertThat(holdsTests("/** Not a {@code @Test}. */\nfinal class A {}\n")).isFalse();
    assertThat(holdsTests("abstract class LinkContract {\n  @Test\n  void a() {}\n}\n")).isFalse();
  }

  private static boolean holdsTests(String text) {
    return TEST_METHOD.matcher(text).find() && !CONTRACT.matcher(text).find();
  }
}
