package dev.annulus.tree;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FormatTest {
  /** {@code write} makes this test format the sources: what {@code ./annulus format} runs. */
  private static final String MODE = System.getProperty("annulus.format", "check");

  @Test
  void everySourceIsFormatted() throws Exception {
    List<Path> sources = Repository.javaSources();
    if (MODE.equals("write")) {
      FormatSources.rewrite(sources);
    }
    assertThat(FormatSources.unformatted(sources).stream().map(Repository::name))
        .as("sources that google-java-format would write otherwise: run ./annulus format")
        .isEmpty();
  }

  @Test
  void whatIsNotFormattedIsFoundAndRewritten(@TempDir Path folder) throws Exception {
    Path good = Files.writeString(folder.resolve("Good.java"), "final class Good {}\n");
    Path bad = folder.resolve("Bad.java");
    Files.writeString(bad, "import java.util.List;\nfinal class Bad   { int a ; }\n");
    assertThat(FormatSources.unformatted(List.of(good, bad))).containsExactly(bad);

    FormatSources.rewrite(List.of(good, bad));

    assertThat(bad).hasContent("final class Bad {\n  int a;\n}\n");
    assertThat(FormatSources.unformatted(List.of(good, bad))).isEmpty();
  }
}
