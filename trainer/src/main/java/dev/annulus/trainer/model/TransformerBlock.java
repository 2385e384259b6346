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
    project(w, a, rope);
    attend(a, attention);
    feedForward(w, a);
    kernels.linear(a.activated(), w.down(), a.middle(), y);
  }

  /**
   * Computes once more what {@link #forward} put into memory that other blocks have used since.
   *
   * @param attention null if what it gives was retained
   */
  void restore(BlockWeights w, BlockActivations a, RotaryTable rope, SelfAttention attention) {
    project(w, a, rope);
    if (attention != null) {
      attend(a, attention);
    }
    feedForward(w, a);
  }

  private void project(BlockWeights w, BlockActivations a, RotaryTable rope) {
    kernels.rmsNorm(a.input(), w.inputNorm(), eps, a.normed(), a.inputRms());
    kernels.linear(a.normed(), w.query(), a.q());
    kernels.linear(a.normed(), w.key(), a.k());
    kernels.linear(a.normed(), w.value(), a.v());
    kernels.rotary(a.q(), headDim, rope.cos(), rope.sin(), false);
    kernels.rotary(a.k(), headDim, rope.cos(), rope.sin(), false);
  }

  private void attend(BlockActivations a, SelfAttention attention) {
    attention.forward(a.q(), a.k(), a.v(), a.attentionSum(), a.lse());
    if (a.attentionSum().type() != a.attended().type()) {
      kernels.copy(a.attentionSum(), a.attended());
    }
  }

  /** All but the last product, which is no part of what backward needs. */
  private void feedForward(BlockWeights w, BlockActivations a) {
    kernels.linear(a.attended(), w.output(), a.input(), a.middle());
    kernels.rmsNorm(a.middle(), w.feedForwardNorm(), eps, a.middleNormed(), a.middleRms());
    kernels.linear(a.middleNormed(), w.gate(), a.gate());
    kernels.linear(a.middleNormed(), w.up(), a.up());
    kernels.swiGlu(a.gate(), a.up(), a.activated());
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
        a.q(), a.k(), a.v(), a.attended(), a.lse(), s.dAttended(), s.dqSum(), s.dkSum(), s.dvSum());
    unrotate(s.dqSum(), rope, s.dq());
    unrotate(s.dkSum(), rope, s.dk());
    if (s.dvSum().type() != s.dv().type()) {
      kernels.copy(s.dvSum(), s.dv());
    }
    kernels.linearInputGradient(s.dq(), w.query(), s.dNormed(), false);
    kernels.linearInputGradient(s.dk(), w.key(), s.dNormed(), true);
    kernels.linearInputGradient(s.dv(), w.value(), s.dNormed(), true);
    weightGradient(s.dq(), a.normed(), d.query());
    weightGradient(s.dk(), a.normed(), d.key());
    weightGradient(s.dv(), a.normed(), d.value());
    kernels.rmsNormGradient(
        s.dNormed(), a.input(), w.inputNorm(), a.inputRms(), s.dResidual(), d.inputNorm());
  }

  private void unrotate(Tensor sum, RotaryTable rope, Tensor rounded) {
    if (sum.type() == rounded.type()) {
      kernels.rotary(sum, headDim, rope.cos(), rope.sin(), true);
    } else {
      kernels.rotary(sum, headDim, rope.cos(), rope.sin(), true, rounded);
    }
  }

  private void weightGradient(Tensor dy, Tensor x, Tensor dw) {
    if (dw != null) {
      kernels.linearWeightGradient(dy, x, dw);
    }
  }
}
