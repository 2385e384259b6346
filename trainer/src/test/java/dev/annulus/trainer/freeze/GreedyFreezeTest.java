package dev.annulus.trainer.freeze;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GreedyFreezeTest {
  private static final List<String> TENSORS =
      List.of(
          "self_attn.q_proj.weight",
          "self_attn.k_proj.weight",
          "self_attn.v_proj.weight",
          "self_attn.o_proj.weight",
          "mlp.gate_proj.weight",
          "mlp.up_proj.weight",
          "mlp.down_proj.weight",
          "input_layernorm.weight",
          "post_attention_layernorm.weight");

  private static Map<String, Double> gradients(double[]... byBlock) {
    Map<String, Double> gradients = new LinkedHashMap<>();
    for (int block = 0; block < byBlock.length; block++) {
      for (int i = 0; i < TENSORS.size(); i++) {
        gradients.put("model.layers." + block + "." + TENSORS.get(i), byBlock[block][i]);
      }
    }
    return gradients;
  }

  @Test
  void theSmallestGradientsAreFrozen() {
    Set<String> frozen =
        GreedyFreeze.frozen(
            gradients(
                new double[] {4, 3, 1, 2, 9, 7, 8, 1, 2}, new double[] {1, 2, 3, 4, 1, 3, 2, 2, 1}),
            2);
    assertThat(frozen)
        .containsExactlyInAnyOrder(
            "model.layers.0.self_attn.v_proj.weight",
            "model.layers.0.self_attn.o_proj.weight",
            "model.layers.0.mlp.up_proj.weight",
            "model.layers.0.input_layernorm.weight",
            "model.layers.1.self_attn.q_proj.weight",
            "model.layers.1.self_attn.k_proj.weight",
            // The block that learns less in its feed-forward layer has two of it frozen.
            "model.layers.1.mlp.gate_proj.weight",
            "model.layers.1.mlp.down_proj.weight",
            "model.layers.1.post_attention_layernorm.weight");
  }

  @Test
  void equalGradientsStillFreezeAHalf() {
    double[] ones = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    assertThat(GreedyFreeze.frozen(gradients(ones, ones, ones), 3)).hasSize(3 * (2 + 1 + 1) + 1);
  }
}
