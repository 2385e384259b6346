package dev.annulus.spark.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.apache.spark.internal.config.ConfigEntry;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The properties that ship with the project: Spark knows each of them, and each is explained. */
final class SparkDefaultsTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("annulus.repository"), "cluster-config/spark");

  /** Families that Spark makes of a name in the middle or at the end. */
  private static final Pattern OPEN =
      Pattern.compile(
          "spark\\.(executor|task|driver)\\.resource\\.gpu\\.(amount|discoveryScript|vendor)"
              + "|spark\\.executorEnv\\.[A-Z_]+");

  @BeforeAll
  static void sparkRegistersItsKeys() {
    // Each object registers its entries when it is first used.
    assertThat(org.apache.spark.internal.config.package$.MODULE$).isNotNull();
    assertThat(org.apache.spark.internal.config.Network$.MODULE$).isNotNull();
    assertThat(ConfigEntry.findEntry("spark.nonsense")).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"spark-defaults-cpu.conf", "spark-defaults-gpu.conf"})
  void sparkKnowsEachKeyAndTakesItsValue(String file) throws IOException {
    Map<String, String> properties = properties(file);
    assertThat(properties).hasSizeGreaterThan(15);
    properties.forEach(
        (key, value) -> {
          ConfigEntry<?> entry = ConfigEntry.findEntry(key);
          assertThat(entry != null || OPEN.matcher(key).matches()).as(key).isTrue();
          if (entry != null) {
            assertThatCode(() -> new SparkConf(false).set(key, value).get(entry))
                .as("%s %s", key, value)
                .doesNotThrowAnyException();
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"spark-defaults-cpu.conf", "spark-defaults-gpu.conf"})
  void eachLineIsExplained(String file) throws IOException {
    boolean explained = false;
    for (String line : Files.readAllLines(FOLDER.resolve(file))) {
      if (line.isBlank()) {
        explained = false;
      } else if (line.startsWith("#")) {
        explained = true;
      } else {
        assertThat(explained).as("a comment above " + line).isTrue();
      }
    }
  }

  /** What the job would set by itself must not be contradicted by the files without a word. */
  @Test
  void bothFilesGiveTheDriverWhatExecutorsAreGiven() throws IOException {
    for (String file : List.of("spark-defaults-cpu.conf", "spark-defaults-gpu.conf")) {
      Map<String, String> properties = properties(file);
      assertThat(properties.get("spark.driver.extraJavaOptions"))
          .isEqualTo(SparkSessions.EXECUTOR_FLAGS);
      int cores = Integer.parseInt(properties.get("spark.executor.cores"));
      int ofTask = Integer.parseInt(properties.get("spark.task.cpus"));
      assertThat(cores % ofTask).as(file).isZero();
      String gpus = properties.get("spark.executor.resource.gpu.amount");
      assertThat(gpus == null || Integer.parseInt(gpus) * ofTask == cores).as(file).isTrue();
    }
  }

  private static Map<String, String> properties(String file) throws IOException {
    Map<String, String> properties = new LinkedHashMap<>();
    for (String line : Files.readAllLines(FOLDER.resolve(file))) {
      if (!line.isBlank() && !line.startsWith("#")) {
        String[] parts = line.split("\\s+", 2);
        assertThat(properties.put(parts[0], parts[1].strip())).as("twice: " + line).isNull();
      }
    }
    return properties;
  }
}
