package dev.annulus.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.reference.ReferenceDevice;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Random weights are the same everywhere and normal. */
final class InitializationTest {

  private static Map<String, double[]> draw(LlamaConfig config, ParameterLayout layout, long seed) {
    try (Device device = new ReferenceDevice();
        DeviceArena arena = device.newArena()) {
      Parameters parameters = Parameters.allocate(arena, layout);
      Initialization.random(parameters, config, seed, device);
      return TinyModels.download(parameters, device);
    }
  }

  @Test
  void isAFunctionOfSeedAndNameOnly() {
    LlamaConfig config = TinyModels.config(2, false);
    ParameterLayout all = ParameterLayout.of(config);
    ParameterLayout some = all.filter(name -> name.contains("layers.1"));

    Map<String, double[]> first = draw(config, all, 42);
    Map<String, double[]> subset = draw(config, some, 42);
    Map<String, double[]> other = draw(config, all, 43);

    subset.forEach((name, values) -> assertThat(values).as(name).isEqualTo(first.get(name)));
    assertThat(first.get("model.embed_tokens.weight"))
        .isNotEqualTo(other.get("model.embed_tokens.weight"));
    assertThat(first.get("model.layers.0.mlp.up_proj.weight"))
        .isNotEqualTo(first.get("model.layers.1.mlp.up_proj.weight"))
        .isNotEqualTo(first.get("model.layers.0.mlp.gate_proj.weight"));
    assertThat(first.get("model.norm.weight")).containsOnly(1.0);
  }

  @Test
  void isNormalWithTheGivenDeviation() {
    Map<String, Object> keys = new LinkedHashMap<>();
    keys.put("vocab_size", 1000);
    keys.put("hidden_size", 200);
    keys.put("intermediate_size", 8);
    keys.put("num_hidden_layers", 1);
    keys.put("num_attention_heads", 4);
    keys.put("initializer_range", 0.05);
    LlamaConfig config = LlamaConfig.fromRunConfig(keys);

    double[] values =
        draw(config, ParameterLayout.of(config).filter(name -> name.contains("embed")), 7)
            .get("model.embed_tokens.weight");

    double mean = Arrays.stream(values).average().orElseThrow();
    double deviation =
        Math.sqrt(Arrays.stream(values).map(v -> (v - mean) * (v - mean)).average().orElseThrow());
    double fourth =
        Arrays.stream(values).map(v -> Math.pow(v / deviation, 4)).average().orElseThrow();
    double neighbours = 0;
    for (int i = 1; i < values.length; i++) {
      neighbours += values[i] * values[i - 1] / (values.length * deviation * deviation);
    }
    assertThat(mean).isCloseTo(0, within(0.0005));
    assertThat(deviation).isCloseTo(0.05, within(0.0003));
    assertThat(fourth).isCloseTo(3, within(0.06));
    assertThat(neighbours).isCloseTo(0, within(0.01));
    assertThat(Arrays.stream(values).distinct().count()).isGreaterThan(195_000);
  }
}
