package dev.annulus.trainer.model;

import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;

/**
 * One block of a Llama, forward and backward:
 *
 * <pre>
 *   m = x + Wo attention(rotate(Wq n), rotate(Wk n), Wv n)    n = norm1(x)
 *   y = m + Wdown (silu(Wgate p) * Wup p)                     p = norm2(m)
 * </pre>
 */
final class TransformerBlock {
  private final Kernels kernels;
  private final float eps;
  private final int headDim;

  TransformerBlock(Kernels kernels, LlamaConfig config) {
    this.kernels = kernels;
    this.eps = (float) config.rmsNormEps();
    this.headDim = config.headDim();
  }

  /**
   * Computes the block and keeps in {@code a} what backward needs.
   *
   * @param a its {@code input} is read
   * @param y residual stream after the block, [T, hidden]; may be {@code a.input()} if there is no
   *     backward
   */
  void forward(
      BlockWeights w, BlockActivations a, RotaryTable rope, SelfAttention attention, Tensor y) {
    kernels.rmsNorm(a.input(), w.inputNorm(), eps, a.normed(), a.inputRms());
    kernels.linear(a.normed(), w.query(), a.q());
    kernels.linear(a.normed(), w.key(), a.k());
    kernels.linear(a.normed(), w.value(), a.v());
    kernels.rotary(a.q(), headDim, rope.cos(), rope.sin(), false);
    kernels.rotary(a.k(), headDim, rope.cos(), rope.sin(), false);
    attention.forward(a.q(), a.k(), a.v(), a.attended(), a.lse());
    kernels.linear(a.attended(), w.output(), a.middle());
    kernels.add(a.input(), a.middle());

    kernels.rmsNorm(a.middle(), w.feedForwardNorm(), eps, a.middleNormed(), a.middleRms());
    kernels.linear(a.middleNormed(), w.gate(), a.gate());
    kernels.linear(a.middleNormed(), w.up(), a.up());
    kernels.swiGlu(a.gate(), a.up(), a.activated());
    kernels.linear(a.activated(), w.down(), y);
    kernels.add(a.middle(), y);
  }

  /**
   * Turns {@code s.dResidual()} from the gradient of the block's output into that of its input, and
   * adds the weights' gradients to {@code d}. Uses up {@code a.gate()} and {@code a.up()}.
   */
  void backward(
      BlockWeights w,
      BlockWeights d,
      BlockActivations a,
      RotaryTable rope,
      SelfAttention.Gradient attention,
      BackwardScratch s) {
    kernels.linearInputGradient(s.dResidual(), w.down(), s.dActivated(), false);
    weightGradient(s.dResidual(), a.activated(), d.down());
    kernels.swiGluGradient(s.dActivated(), a.gate(), a.up(), a.gate(), a.up());
    kernels.linearInputGradient(a.gate(), w.gate(), s.dNormed(), false);
    kernels.linearInputGradient(a.up(), w.up(), s.dNormed(), true);
    weightGradient(a.gate(), a.middleNormed(), d.gate());
    weightGradient(a.up(), a.middleNormed(), d.up());
    kernels.rmsNormGradient(
        s.dNormed(),
        a.middle(),
        w.feedForwardNorm(),
        a.middleRms(),
        s.dResidual(),
        d.feedForwardNorm());

    kernels.linearInputGradient(s.dResidual(), w.output(), s.dAttended(), false);
    weightGradient(s.dResidual(), a.attended(), d.output());
    attention.backward(
        a.q(), a.k(), a.v(), a.attended(), a.lse(), s.dAttended(), s.dq(), s.dk(), s.dv());
    kernels.rotary(s.dq(), headDim, rope.cos(), rope.sin(), true);
    kernels.rotary(s.dk(), headDim, rope.cos(), rope.sin(), true);
    kernels.linearInputGradient(s.dq(), w.query(), s.dNormed(), false);
    kernels.linearInputGradient(s.dk(), w.key(), s.dNormed(), true);
    kernels.linearInputGradient(s.dv(), w.value(), s.dNormed(), true);
    weightGradient(s.dq(), a.normed(), d.query());
    weightGradient(s.dk(), a.normed(), d.key());
    weightGradient(s.dv(), a.normed(), d.value());
    kernels.rmsNormGradient(
        s.dNormed(), a.input(), w.inputNorm(), a.inputRms(), s.dResidual(), d.inputNorm());
  }

  private void weightGradient(Tensor dy, Tensor x, Tensor dw) {
    if (dw != null) {
      kernels.linearWeightGradient(dy, x, dw);
    }
  }
}
