package dev.annulus.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The recipes that ship with the project are right as they stand. */
class RecipesTest {
  private static List<Path> recipes() throws Exception {
    try (Stream<Path> files = Files.list(Path.of("recipes"))) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void aRecipeIsAConfigurationWithoutProblems(Path recipe) throws Exception {
    RunConfig config = RunConfigReader.read(recipe, List.of());
    assertThat(config.run().name()).isEqualTo(recipe.getFileName().toString().replace(".yaml", ""));
    int before = 0;
    for (StageSettings stage : config.stages()) {
      assertThat(stage.sequenceLength()).as("contexts grow").isGreaterThan(before);
      before = stage.sequenceLength();
    }
  }

  @Test
  void theTextCurriculumIsThatOfItsPaper() throws Exception {
    RunConfig lwm = RunConfigReader.read(Path.of("recipes/lwm-text.yaml"), List.of());
    assertThat(lwm.stages())
        .extracting(StageSettings::sequenceLength)
        .containsExactly(1 << 15, 1 << 17, 1 << 18, 1 << 19, 1 << 20);
    assertThat(lwm.stages())
        .allSatisfy(
            stage ->
                assertThat((long) stage.sequenceLength() * stage.sequencesPerStep())
                    .as("tokens of a step")
                    .isEqualTo(1L << 22));
    // 4.8, 12, 12, 3 and 1.8 billion tokens, within the rounding of the paper's table.
    assertThat(lwm.stages().stream().mapToInt(StageSettings::steps).sum()).isEqualTo(8370);
  }
}
