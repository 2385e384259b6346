package dev.annulus.trainer.freeze;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.config.InvalidInputException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FreezePatternsTest {
  private static final Set<String> TENSORS =
      Set.of(
          "model.embed_tokens.weight",
          "model.layers.1.mlp.up_proj.weight",
          "model.layers.10.mlp.up_proj.weight",
          "model.layers.10.input_layernorm.weight",
          "model.norm.weight");

  @Test
  void namesAndPatterns() {
    assertThat(FreezePatterns.frozen(List.of(), TENSORS, "freeze")).isEmpty();
    assertThat(
            FreezePatterns.frozen(
                List.of("model.embed_tokens.weight", "model.layers.1.*"), TENSORS, "freeze"))
        .containsExactly("model.embed_tokens.weight", "model.layers.1.mlp.up_proj.weight");
    assertThat(FreezePatterns.frozen(List.of("*norm*"), TENSORS, "freeze"))
        .containsExactly("model.layers.10.input_layernorm.weight", "model.norm.weight");
    assertThat(FreezePatterns.frozen(List.of("model.layers.*.up_proj.weight"), TENSORS, "freeze"))
        .hasSize(2);
  }

  @Test
  void everyPatternThatNamesNothingIsToldAtOnce() {
    assertThatThrownBy(
            () ->
                FreezePatterns.frozen(
                    List.of("model.norm.weigth", "*norm*", "lm_head*"), TENSORS, "stages.0.freeze"))
        .isInstanceOfSatisfying(
            InvalidInputException.class,
            e -> {
              assertThat(e.problems()).hasSize(2);
              assertThat(e.problems().getFirst().place()).isEqualTo("stages.0.freeze.0");
              assertThat(e.problems().getFirst().expectation()).contains("model.norm.weight");
              assertThat(e.problems().getLast().place()).isEqualTo("stages.0.freeze.2");
            });
  }

  @Test
  void somethingMustBeLeftToTrain() {
    assertThatThrownBy(() -> FreezePatterns.frozen(List.of("*"), TENSORS, "freeze"))
        .hasMessageContaining("at least one tensor left to train");
  }
}
