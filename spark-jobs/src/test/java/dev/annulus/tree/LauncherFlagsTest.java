package dev.annulus.tree;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What the launcher starts a JVM with is what the tests run with. */
class LauncherFlagsTest {
  @Test
  void launcherAndTestsHaveTheSameFlags() throws IOException {
    String launcher = Files.readString(Repository.root().resolve("annulus"));
    String pom = Files.readString(Repository.root().resolve("pom.xml"));
    assertThat(words(launcher, "flags=\\((.*?)\\n\\)"))
        .as("flags=(...) in annulus, and jvm.flags in pom.xml")
        .isEqualTo(words(pom, "<jvm.flags>(.*?)</jvm.flags>"))
        .contains("--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED");
  }

  private static List<String> words(String text, String pattern) {
    Matcher matcher = Pattern.compile(pattern, Pattern.DOTALL).matcher(text);
    assertThat(matcher.find()).as(pattern).isTrue();
    return matcher
        .group(1)
        .strip()
        .lines()
        .flatMap(l -> Pattern.compile("\\s+").splitAsStream(l.strip()))
        .toList();
  }
}
