package dev.annulus.device.cuda;

import dev.annulus.attention.AttentionKernel;
import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;

/** Attention by the fastest kernels that are made for the heads and the type at hand. */
final class CudaAttention implements AttentionKernel {
  private final TensorCoreAttention fast;
  private final AttentionKernel plain;

  CudaAttention(TensorCoreAttention fast, AttentionKernel plain) {
    this.fast = fast;
    this.plain = plain;
  }

  @Override
  public void forward(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      VisibleKeys mask,
      Tensor out,
      Tensor lse) {
    of(shape, q).forward(shape, q, k, v, mask, out, lse);
  }

  @Override
  public void forwardFirst(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      VisibleKeys mask,
      Tensor out,
      Tensor lse,
      Kernels kernels) {
    of(shape, q).forwardFirst(shape, q, k, v, mask, out, lse, kernels);
  }

  @Override
  public void forwardOnly(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      VisibleKeys mask,
      Tensor sum,
      Tensor out,
      Tensor lse,
      Kernels kernels) {
    of(shape, q).forwardOnly(shape, q, k, v, mask, sum, out, lse, kernels);
  }

  @Override
  public void backward(
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
      Tensor dv) {
    of(shape, q).backward(shape, q, k, v, mask, dOut, lse, delta, dq, dk, dv);
  }

  @Override
  public void backwardFirst(
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
    of(shape, q).backwardFirst(shape, q, k, v, mask, dOut, lse, delta, dq, dk, dv, kernels);
  }

  @Override
  public void delta(AttentionShape shape, Tensor out, Tensor dOut, Tensor delta) {
    of(shape, dOut).delta(shape, out, dOut, delta);
  }

  private AttentionKernel of(AttentionShape shape, Tensor inputs) {
    return TensorCoreAttention.takes(shape, inputs.type()) ? fast : plain;
  }
}
