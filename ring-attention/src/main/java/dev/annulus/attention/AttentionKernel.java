package dev.annulus.attention;

import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;

/**
 * Attention of a block of queries to a block of keys, accumulated from block to block (numerics in
 * docs/numerics.md, section 1). A call does all query heads. Number of queries and keys: the rows
 * of the tensors. What is carried from block to block (out, lse, delta and the gradients) is fp32;
 * q, k, v and dOut may be bf16 on a device that computes in it, and so may the out that delta
 * reads.
 */
public interface AttentionKernel {
  /**
   * Folds one block of keys into the running result by the merge law. Before the first block {@code
   * out} is 0 and {@code lse} is negative infinity; a query that never sees a key keeps both.
   *
   * @param q [queries, queryHeads * headDim]
   * @param k [keys, kvHeads * headDim]
   * @param v [keys, kvHeads * headDim]
   * @param mask for each query its run of visible keys
   * @param out [queries, queryHeads * headDim], read and written
   * @param lse [queryHeads, queries], natural logarithm, read and written
   */
  void forward(
      AttentionShape shape, Tensor q, Tensor k, Tensor v, VisibleKeys mask, Tensor out, Tensor lse);

  /**
   * {@link #forward} of the first block, over whatever {@code out} and {@code lse} hold.
   *
   * @param kernels of the same device
   */
  default void forwardFirst(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      VisibleKeys mask,
      Tensor out,
      Tensor lse,
      Kernels kernels) {
    clear(out, lse, kernels);
    forward(shape, q, k, v, mask, out, lse);
  }

  /**
   * {@link #forwardFirst} where no block follows: the result is wanted once more, rounded.
   *
   * @param sum fp32, like out; holds the result or anything, as suits the device
   * @param out like {@code sum}, of the type of q; may be {@code sum} itself
   */
  default void forwardOnly(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      VisibleKeys mask,
      Tensor sum,
      Tensor out,
      Tensor lse,
      Kernels kernels) {
    forwardFirst(shape, q, k, v, mask, sum, lse, kernels);
    round(sum, out, kernels);
  }

  /** The running result in the type that is wanted; nothing if it is of that already. */
  static void round(Tensor sum, Tensor out, Kernels kernels) {
    if (sum.type() != out.type()) {
      kernels.copy(sum, out);
    }
  }

  /** What {@code out} and {@code lse} are before the first block. */
  static void clear(Tensor out, Tensor lse, Kernels kernels) {
    kernels.fill(out, 0);
    kernels.fill(lse, Float.NEGATIVE_INFINITY);
  }

  /**
   * Adds one block's share to the gradients. {@code lse} and {@code delta} are those of the whole
   * row, over all blocks.
   *
   * @param dOut [queries, queryHeads * headDim]
   * @param lse [queryHeads, queries], final
   * @param delta [queryHeads, queries], rowsum(dOut * out), from {@link #delta}
   * @param dq [queries, queryHeads * headDim], added to
   * @param dk [keys, kvHeads * headDim], added to
   * @param dv [keys, kvHeads * headDim], added to
   */
  void backward(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      VisibleKeys mask,
      Tensor dOut,
      Tensor lse,
      Tensor delta,
      Tensor dq,
      Tensor dk,
      Tensor dv);

  /**
   * {@link #backward} of the first block, over whatever dq, dk and dv hold.
   *
   * @param kernels of the same device
   */
  default void backwardFirst(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      VisibleKeys mask,
      Tensor dOut,
      Tensor lse,
      Tensor delta,
      Tensor dq,
      Tensor dk,
      Tensor dv,
      Kernels kernels) {
    clear(dq, dk, dv, kernels);
    backward(shape, q, k, v, mask, dOut, lse, delta, dq, dk, dv);
  }

  /** What the gradients are before the first block. */
  static void clear(Tensor dq, Tensor dk, Tensor dv, Kernels kernels) {
    kernels.fill(dq, 0);
    kernels.fill(dk, 0);
    kernels.fill(dv, 0);
  }

  /**
   * delta[h, t] = sum over the head's elements of dOut[t, h] * out[t, h]; overwrites {@code delta}.
   */
  void delta(AttentionShape shape, Tensor out, Tensor dOut, Tensor delta);
}
