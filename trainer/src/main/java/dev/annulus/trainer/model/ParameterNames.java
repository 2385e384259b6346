package dev.annulus.trainer.model;

import java.util.List;

/**
 * What Hugging Face calls the weights of a Llama.
 *
 * @param layer number of the transformer block, from 0
 */
public record ParameterNames(int layer) {
  public static final String EMBEDDING = "model.embed_tokens.weight";
  public static final String FINAL_NORM = "model.norm.weight";
  public static final String HEAD = "lm_head.weight";

  public String inputNorm() {
    return of("input_layernorm");
  }

  public String query() {
    return of("self_attn.q_proj");
  }

  public String key() {
    return of("self_attn.k_proj");
  }

  public String value() {
    return of("self_attn.v_proj");
  }

  public String output() {
    return of("self_attn.o_proj");
  }

  public String feedForwardNorm() {
    return of("post_attention_layernorm");
  }

  public String gate() {
    return of("mlp.gate_proj");
  }

  public String up() {
    return of("mlp.up_proj");
  }

  public String down() {
    return of("mlp.down_proj");
  }

  /** Of the whole block, in the order of the computation. */
  public List<String> all() {
    return List.of(
        inputNorm(),
        query(),
        key(),
        value(),
        output(),
        feedForwardNorm(),
        gate(),
        up(),
        down());
  }

  private String of(String part) {
    return "model.layers." + layer + "." + part + ".weight";
  }
}
