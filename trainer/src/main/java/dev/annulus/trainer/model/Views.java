package dev.annulus.trainer.model;

import dev.annulus.device.Tensor;

/** Parts of tensors that were allocated for the largest number of tokens. */
final class Views {
  private Views() {}

  /** A matrix over the first elements of a tensor. */
  static Tensor prefix(Tensor tensor, long rows, long columns) {
    return tensor.reshape(tensor.size(), 1).rows(0, rows * columns).reshape(rows, columns);
  }

  /** Elements {@code from} (inclusive) to {@code to} (exclusive) of a vector [1, n]. */
  static Tensor range(Tensor vector, long from, long to) {
    return vector.reshape(vector.size(), 1).rows(from, to).reshape(1, to - from);
  }
}
