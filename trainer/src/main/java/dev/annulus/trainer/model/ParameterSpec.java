package dev.annulus.trainer.model;

import java.util.List;

/**
 * One weight tensor: its Hugging Face name, its shape and where it lies in the flat memory of its
 * {@link ParameterLayout}.
 *
 * @param name for example {@code model.layers.0.self_attn.q_proj.weight}
 * @param rows 1 for the weights of a norm
 * @param columns elements of a row
 * @param offset first element in the flat memory; a multiple of 16
 * @param decayed whether weight decay applies: a matrix that is not an embedding
 */
public record ParameterSpec(String name, int rows, int columns, long offset, boolean decayed) {
  /** Number of elements. */
  public long size() {
    return (long) rows * columns;
  }

  /** Whether Hugging Face stores it with one dimension. */
  public boolean isVector() {
    return name.endsWith("norm.weight");
  }

  /** The shape that Hugging Face stores. */
  public List<Long> shape() {
    return isVector() ? List.of((long) columns) : List.of((long) rows, (long) columns);
  }
}
