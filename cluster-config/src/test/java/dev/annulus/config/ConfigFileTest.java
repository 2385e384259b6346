package dev.annulus.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConfigFileTest {
  @TempDir Path folder;

  @Test
  void aMissingFileIsNamed() {
    Path file = folder.resolve("none.yaml");
    assertThat(problem(file)).isEqualTo(expected(file.toString(), "no such file"));
  }

  @Test
  void aFolderIsNoFile() {
    assertThat(problem(folder)).isEqualTo(expected(folder.toString(), "is a directory"));
  }

  @Test
  void textThatIsNotUtf8IsToldWithItsLine() throws Exception {
    Path file = folder.resolve("latin.yaml");
    Files.write(file, "run:\n  name: caf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
    assertThat(problem(file)).isEqualTo(expected(file + ":2", "byte 16 is not UTF-8"));
  }

  @Test
  void textThatEndsInsideACharacterIsNotUtf8() throws Exception {
    Path file = folder.resolve("cut.yaml");
    Files.write(file, new byte[] {'a', (byte) 0xC3});
    assertThat(problem(file)).isEqualTo(expected(file + ":1", "byte 1 is not UTF-8"));
  }

  @Test
  void aFileOfMoreThan10MebibytesIsRefused() throws Exception {
    Path file = folder.resolve("large.yaml");
    try (RandomAccessFile large = new RandomAccessFile(file.toFile(), "rw")) {
      large.setLength((10L << 20) + 1);
    }
    assertThat(problem(file)).isEqualTo(expected(file.toString(), "larger than 10 MiB"));
  }

  private static Problem expected(String place, String value) {
    return new Problem(place, value, "a readable YAML file in UTF-8 of at most 10 MiB");
  }

  private static Problem problem(Path file) {
    List<Problem> problems =
        catchThrowableOfType(
                InvalidInputException.class, () -> RunConfigReader.read(file, List.of()))
            .problems();
    assertThat(problems).hasSize(1);
    return problems.getFirst();
  }
}
