package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.config.RunConfig;
import dev.annulus.config.StageSettings;
import dev.annulus.device.Device;
import dev.annulus.device.counting.DeviceTraits;
import dev.annulus.device.reference.ReferenceDevice;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.plan.RunPlan;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A stage with rows longer than the base's rotary embedding serves is warned of, and goes on. */
final class RopeReachTest {
  @TempDir Path root;

  private static LlamaConfig model(Map<String, Object> scaling) {
    Map<String, Object> keys = new HashMap<>(TinyRun.MODEL);
    keys.put("max_position_embeddings", 100);
    keys.put("rope_theta", 10_000.0);
    if (!scaling.isEmpty()) {
      keys.put("rope_scaling", scaling);
    }
    return LlamaConfig.fromRunConfig(keys);
  }

  private static StageSettings stage(int length, OptionalDouble theta) {
    StageSettings plain = TinyRun.stage("only", length, 2, 1);
    return new StageSettings(
        plain.name(),
        plain.sequenceLength(),
        theta,
        plain.steps(),
        plain.sequencesPerStep(),
        plain.learningRate(),
        plain.schedule(),
        plain.optimizer(),
        plain.halfFineTuning());
  }

  private List<String> warnings(TinyRun run, LlamaConfig model) {
    RunConfig config = run.config(root.toString());
    try (Device device = new ReferenceDevice()) {
      return RunPlan.of(config, model, DeviceTraits.of(device, 0)).warnings();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "default, 100",
    "linear, 400",
    "dynamic, 400",
    "yarn, 200",
    "llama3, 200",
  })
  void eachScalingServesItsFactorOfTheContextThatWasTrainedFirst(String type, int served) {
    Map<String, Object> scaling =
        Map.of(
            "rope_type",
            type,
            "factor",
            4.0,
            "low_freq_factor",
            1.0,
            "high_freq_factor",
            4.0,
            "original_max_position_embeddings",
            50);
    TinyRun fits = TinyRun.of(stage(served, OptionalDouble.empty())).modelPath("base");
    TinyRun longer = TinyRun.of(stage(served + 1, OptionalDouble.empty())).modelPath("base");
    assertThat(warnings(fits, model(scaling))).isEmpty();
    assertThat(warnings(longer, model(scaling)))
        .singleElement()
        .asString()
        .startsWith("stages.0.sequence_length: " + (served + 1))
        .contains("serves " + served + " tokens");
  }

  @Test
  void aLargerBaseServesMore() {
    // Of a head dim of 4 the slowest pair turns by theta^(-1/2): 64 times the base, 8 times the
    // context.
    LlamaConfig model = model(Map.of());
    assertThat(model.headDim()).isEqualTo(4);
    TinyRun fits = TinyRun.of(stage(799, OptionalDouble.of(640_000))).modelPath("base");
    TinyRun longer = TinyRun.of(stage(801, OptionalDouble.of(640_000))).modelPath("base");
    TinyRun smaller = TinyRun.of(stage(100, OptionalDouble.of(9_000))).modelPath("base");
    assertThat(warnings(fits, model)).isEmpty();
    assertThat(warnings(longer, model))
        .singleElement()
        .asString()
        .contains("serves 800 tokens")
        .contains("a larger stages.0.rope_theta, as of 6.42e+05, serves more");
    assertThat(warnings(smaller, model)).hasSize(1);
  }

  @Test
  void aModelAtRandomLearnsItsPositions() {
    assertThat(warnings(TinyRun.of(stage(801, OptionalDouble.empty())), model(Map.of()))).isEmpty();
  }

  @Test
  void theRunWarnsAndGoesOn() throws Exception {
    Map<String, Object> keys = new HashMap<>(TinyRun.MODEL);
    keys.put("max_position_embeddings", 24);
    Gang base = gang(TinyRun.of(stage(24, OptionalDouble.empty())).model(keys), "base", 24);
    base.run();
    assertThat(base.notices).noneMatch(notice -> notice.startsWith("warning: "));

    String path = root.resolve("base/final").toString();
    Gang longer = gang(TinyRun.of(stage(56, OptionalDouble.empty())).modelPath(path), "longer", 56);
    longer.run();
    assertThat(longer.reports).hasSize(2);
    assertThat(longer.notices)
        .filteredOn(notice -> notice.startsWith("warning: "))
        .singleElement()
        .asString()
        .startsWith("warning: stages.0.sequence_length: 56")
        .contains("serves 24 tokens");
  }

  private Gang gang(TinyRun run, String name, int length) {
    return new Gang(run, root.resolve(name), stage -> RowsInMemory.random(1, 3, length, 31, false));
  }
}
