package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.config.RunConfig;
import dev.annulus.config.RunConfigReader;
import dev.annulus.device.Device;
import dev.annulus.device.counting.DeviceTraits;
import dev.annulus.device.reference.ReferenceDevice;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.plan.HeldMemory;
import dev.annulus.trainer.plan.RunPlan;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The recipes that ship with the project can be planned, with the models that they are for. */
final class RecipePlanTest {
  private static final Map<String, LlamaConfig> MODELS =
      Map.of(
          "lwm-text", model(32_000, 4096, 11_008, 32, 32, 32, 4096, 1e4),
          "llama-3-8b-1m", model(128_256, 4096, 14_336, 32, 32, 8, 8192, 5e5),
          "laptop", model(257, 192, 512, 6, 6, 2, 2048, 1e4));

  private static LlamaConfig model(
      int vocabulary,
      int hidden,
      int intermediate,
      int layers,
      int heads,
      int kvHeads,
      int context,
      double theta) {
    Map<String, Object> keys = new HashMap<>();
    keys.put("vocab_size", vocabulary);
    keys.put("hidden_size", hidden);
    keys.put("intermediate_size", intermediate);
    keys.put("num_hidden_layers", layers);
    keys.put("num_attention_heads", heads);
    keys.put("num_key_value_heads", kvHeads);
    keys.put("tie_word_embeddings", vocabulary == 257);
    keys.put("max_position_embeddings", context);
    keys.put("rope_theta", theta);
    return LlamaConfig.fromRunConfig(keys);
  }

  @ParameterizedTest
  @CsvSource({"lwm-text, 6.7e9, 6.8e9", "llama-3-8b-1m, 8.0e9, 8.1e9", "laptop, 2.0e6, 4.0e6"})
  void aRecipeHasAPlan(String recipe, double fewest, double most) throws Exception {
    RunConfig config =
        RunConfigReader.read(Path.of("../cluster-config/recipes/" + recipe + ".yaml"), List.of());
    try (Device device = new ReferenceDevice()) {
      RunPlan plan = RunPlan.of(config, MODELS.get(recipe), DeviceTraits.of(device, 0));
      assertThat((double) plan.parameters()).isBetween(fewest, most);
      assertThat(plan.stages()).hasSameSizeAs(config.stages());
      assertThat(plan.warnings()).as("the rotary base grows with the context").isEmpty();
      HeldMemory memory = plan.fullest().memory();
      // Weights, gradients and two moments in fp32, but for gaps between tensors.
      assertThat(memory.weights()).isBetween(4 * plan.parameters(), 5 * plan.parameters());
      assertThat(memory.activations()).isPositive();
      assertThat(memory.blocks()).isPositive();
      assertThat(plan.stages())
          .allSatisfy(stage -> assertThat(stage.ringBytesPerStep()).isPositive());
      assertThat(device.peakBytes()).isZero();
    }
  }
}
