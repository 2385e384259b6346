package dev.annulus.trainer.model;

import dev.annulus.device.Tensor;

/**
 * The attention of one block of the model to whatever it may see: a ring of workers in training, a
 * cache of earlier keys in generation. q and out are [T, queryHeads * headDim], k and v [T, kvHeads
 * * headDim], lse [queryHeads, T].
 */
@FunctionalInterface
interface SelfAttention {
  /**
   * Overwrites out and lse.
   *
   * @param sum fp32, memory to add up in, like out; {@code out} itself if that is fp32
   */
  void forward(Tensor q, Tensor k, Tensor v, Tensor sum, Tensor out, Tensor lse);

  /** The gradient of a self-attention. */
  @FunctionalInterface
  interface Gradient {
    /** Overwrites dq, dk and dv. */
    void backward(
        Tensor q,
        Tensor k,
        Tensor v,
        Tensor out,
        Tensor lse,
        Tensor dOut,
        Tensor dq,
        Tensor dk,
        Tensor dv);
  }
}
