package dev.annulus.trainer.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.device.DeviceArena;
import dev.annulus.device.reference.ReferenceDevice;
import org.junit.jupiter.api.Test;

/** Names, shapes and places of the weights. */
final class ParameterLayoutTest {

  @Test
  void hasTheTensorsThatHuggingFaceStores() {
    LlamaConfig untied = TinyModels.config(2, false);
    LlamaConfig tied = TinyModels.config(2, true);

    assertThat(ParameterLayout.of(untied).specs())
        .extracting(ParameterSpec::name)
        .hasSize(2 * 9 + 3)
        .startsWith("model.embed_tokens.weight", "model.layers.0.input_layernorm.weight")
        .contains("model.layers.1.self_attn.k_proj.weight", "model.layers.1.mlp.down_proj.weight")
        .endsWith("model.norm.weight", "lm_head.weight");
    assertThat(ParameterLayout.of(tied).find("lm_head.weight")).isNull();
    assertThat(ParameterLayout.of(untied).find("model.layers.0.self_attn.k_proj.weight").shape())
        .containsExactly(2 * 6L, 12L);
    assertThat(ParameterLayout.of(untied).find("model.norm.weight").shape()).containsExactly(12L);
  }

  @Test
  void decaysMatricesThatAreNoEmbeddings() {
    assertThat(ParameterLayout.of(TinyModels.config(2, false)).specs())
        .allSatisfy(
            spec ->
                assertThat(spec.decayed())
                    .as(spec.name())
                    .isEqualTo(
                        spec.name().contains("proj") || spec.name().equals("lm_head.weight")));
  }

  @Test
  void tensorsAreAlignedAndDoNotOverlap() {
    ParameterLayout layout = ParameterLayout.of(TinyModels.config(1, false));
    long end = 0;
    for (ParameterSpec spec : layout.specs()) {
      assertThat(spec.offset() % 16).isZero();
      assertThat(spec.offset()).isBetween(end, end + 15);
      end = spec.offset() + spec.size();
    }
    assertThat(layout.size()).isBetween(end, end + 15);
    assertThat(layout.size() % 16).isZero();
  }

  @Test
  void subsetHasOffsetsOfItsOwn() {
    ParameterLayout norms =
        ParameterLayout.of(TinyModels.config(2, false)).filter(name -> name.contains("norm"));

    assertThat(norms.specs()).hasSize(5).extracting(ParameterSpec::offset).startsWith(0L, 16L);
    assertThat(norms.size()).isEqualTo(5 * 16);
    assertThat(norms.parameters()).isEqualTo(5 * 12);
  }

  @Test
  void parametersAreViewsOfOneMemory() {
    try (ReferenceDevice device = new ReferenceDevice();
        DeviceArena arena = device.newArena()) {
      ParameterLayout layout = ParameterLayout.of(TinyModels.config(2, false));
      Parameters parameters = Parameters.allocate(arena, layout);
      ParameterSpec spec = layout.find("model.layers.0.mlp.up_proj.weight");

      parameters.get(spec.name()).setFloat(1, 2, 5f);

      assertThat(parameters.flat().getFloat(0, spec.offset() + spec.columns() + 2)).isEqualTo(5f);
      assertThat(parameters.find("no.such.weight")).isNull();
    }
  }
}
