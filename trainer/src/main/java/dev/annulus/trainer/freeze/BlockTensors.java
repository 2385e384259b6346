package dev.annulus.trainer.freeze;

import java.util.List;

/**
 * The weights of a transformer block in the three groups that half fine-tuning halves, each in the
 * order of the computation, by what follows {@code model.layers.N.} in their Hugging Face names.
 */
final class BlockTensors {
  static final List<String> ATTENTION =
      List.of(
          "self_attn.q_proj.weight",
          "self_attn.k_proj.weight",
          "self_attn.v_proj.weight",
          "self_attn.o_proj.weight");
  static final List<String> FEED_FORWARD =
      List.of("mlp.gate_proj.weight", "mlp.up_proj.weight", "mlp.down_proj.weight");
  static final List<String> NORMS =
      List.of("input_layernorm.weight", "post_attention_layernorm.weight");

  private BlockTensors() {}

  /** The full name of a tensor of a block. */
  static String name(int block, String tensor) {
    return "model.layers." + block + "." + tensor;
  }
}
