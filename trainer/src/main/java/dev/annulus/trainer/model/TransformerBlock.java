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
 *
 * <p>Attention sees all tokens at once, everything else goes chunk by chunk: what lies between the
 * products of a chunk is computed again for its gradients, unless it was kept.
 */
final class TransformerBlock {
  private final Kernels kernels;
  private final float eps;
  private final int headDim;
  private final int chunk;

  /**
   * @param chunk tokens that are worked on at a time, as the activations have room for
   */
  TransformerBlock(Kernels kernels, LlamaConfig config, int chunk) {
    this.kernels = kernels;
    this.eps = (float) config.rmsNormEps();
    this.headDim = config.headDim();
    this.chunk = chunk;
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
    forEachChunk(
        a,
        (from, to) -> {
          TokenActivations t = a.tokenWise().of(from, to);
          feedForward(w, a.input().rows(from, to), a.attended().rows(from, to), t);
          kernels.linear(t.activated(), w.down(), t.middle(), y.rows(from, to));
        });
  }

  /**
   * Computes once more what {@link #forward} put into memory that other blocks have used since, as
   * far as attention needs it.
   *
   * @param attention null if what it gives was retained
   */
  void restore(BlockWeights w, BlockActivations a, RotaryTable rope, SelfAttention attention) {
    project(w, a, rope);
    if (attention != null) {
      attend(a, attention);
    }
  }

  private void project(BlockWeights w, BlockActivations a, RotaryTable rope) {
    forEachChunk(
        a,
        (from, to) -> {
          TokenActivations t = a.tokenWise().of(from, to);
          Tensor q = a.q().rows(from, to);
          Tensor k = a.k().rows(from, to);
          Tensor cos = rope.cos().rows(from, to);
          Tensor sin = rope.sin().rows(from, to);
          normalize(w, a.input().rows(from, to), t);
          kernels.linear(t.normed(), w.query(), q);
          kernels.linear(t.normed(), w.key(), k);
          kernels.linear(t.normed(), w.value(), a.v().rows(from, to));
          kernels.rotary(q, headDim, cos, sin, false);
          kernels.rotary(k, headDim, cos, sin, false);
        });
  }

  private void normalize(BlockWeights w, Tensor input, TokenActivations t) {
    kernels.rmsNorm(input, w.inputNorm(), eps, t.normed(), t.inputRms());
  }

  private void attend(BlockActivations a, SelfAttention attention) {
    attention.forward(a.q(), a.k(), a.v(), a.attentionSum(), a.attended(), a.lse());
  }

  /** All of a chunk but the last product, which is no part of what backward needs. */
  private void feedForward(BlockWeights w, Tensor input, Tensor attended, TokenActivations t) {
    kernels.linear(attended, w.output(), input, t.middle());
    kernels.rmsNorm(t.middle(), w.feedForwardNorm(), eps, t.middleNormed(), t.middleRms());
    kernels.linear(t.middleNormed(), w.gate(), t.gate());
    kernels.linear(t.middleNormed(), w.up(), t.up());
    kernels.swiGlu(t.gate(), t.up(), t.activated());
  }

  /**
   * Turns {@code s.dResidual()} from the gradient of the block's output into that of its input.
   * Uses up what the block computed of single tokens.
   *
   * @param d what the weights' gradients are added to
   * @param add false: over whatever {@code d} holds, if there are tokens
   */
  void backward(
      BlockWeights w,
      BlockWeights d,
      BlockActivations a,
      RotaryTable rope,
      SelfAttention.Gradient attention,
      BackwardScratch s,
      boolean add) {
    if (!add) {
      clear(d.inputNorm());
      clear(d.feedForwardNorm());
    }
    forEachChunk(a, (from, to) -> feedForwardGradient(w, d, a, s, from, to, add || from > 0));
    attention.backward(
        a.q(), a.k(), a.v(), a.attended(), a.lse(), s.dAttended(), s.dqSum(), s.dkSum(), s.dvSum());
    forEachChunk(a, (from, to) -> projectGradient(w, d, a, rope, s, from, to, add || from > 0));
  }

  private void feedForwardGradient(
      BlockWeights w,
      BlockWeights d,
      BlockActivations a,
      BackwardScratch s,
      int from,
      int to,
      boolean add) {
    TokenActivations t = a.tokenWise().of(from, to);
    Tensor attended = a.attended().rows(from, to);
    Tensor dResidual = s.dResidual().rows(from, to);
    Tensor dNormed = s.dNormed().rows(0, to - from);
    Tensor dActivated = s.dActivated().rows(0, to - from);
    if (!t.kept()) {
      feedForward(w, a.input().rows(from, to), attended, t);
    }
    kernels.linearInputGradient(dResidual, w.down(), dActivated, false);
    weightGradient(dResidual, t.activated(), d.down(), add);
    kernels.swiGluGradient(dActivated, t.gate(), t.up(), t.gate(), t.up());
    kernels.linearInputGradient(t.gate(), w.gate(), dNormed, false);
    kernels.linearInputGradient(t.up(), w.up(), dNormed, true);
    weightGradient(t.gate(), t.middleNormed(), d.gate(), add);
    weightGradient(t.up(), t.middleNormed(), d.up(), add);
    kernels.rmsNormGradient(
        dNormed, t.middle(), w.feedForwardNorm(), t.middleRms(), dResidual, d.feedForwardNorm());
    kernels.linearInputGradient(dResidual, w.output(), s.dAttended().rows(from, to), false);
    weightGradient(dResidual, attended, d.output(), add);
  }

  private void projectGradient(
      BlockWeights w,
      BlockWeights d,
      BlockActivations a,
      RotaryTable rope,
      BackwardScratch s,
      int from,
      int to,
      boolean add) {
    TokenActivations t = a.tokenWise().of(from, to);
    Tensor input = a.input().rows(from, to);
    Tensor dNormed = s.dNormed().rows(0, to - from);
    if (!t.kept()) {
      normalize(w, input, t);
    }
    Tensor dq = unrotate(s.dqSum(), rope, s.dq(), from, to);
    Tensor dk = unrotate(s.dkSum(), rope, s.dk(), from, to);
    Tensor dv = s.dvSum().rows(from, to);
    if (s.dv() != null) {
      kernels.copy(dv, s.dv().rows(0, to - from));
      dv = s.dv().rows(0, to - from);
    }
    kernels.linearInputGradient(dq, w.query(), dNormed, false);
    kernels.linearInputGradient(dk, w.key(), dNormed, true);
    kernels.linearInputGradient(dv, w.value(), dNormed, true);
    weightGradient(dq, t.normed(), d.query(), add);
    weightGradient(dk, t.normed(), d.key(), add);
    weightGradient(dv, t.normed(), d.value(), add);
    kernels.rmsNormGradient(
        dNormed, input, w.inputNorm(), t.inputRms(), s.dResidual().rows(from, to), d.inputNorm());
  }

  /** In the sum's own memory, or rounded in that of a chunk if there is one. */
  private Tensor unrotate(Tensor sum, RotaryTable rope, Tensor memory, int from, int to) {
    Tensor part = sum.rows(from, to);
    Tensor cos = rope.cos().rows(from, to);
    Tensor sin = rope.sin().rows(from, to);
    if (memory == null) {
      kernels.rotary(part, headDim, cos, sin, true);
      return part;
    }
    Tensor rounded = memory.rows(0, to - from);
    kernels.rotary(part, headDim, cos, sin, true, rounded);
    return rounded;
  }

  private void weightGradient(Tensor dy, Tensor x, Tensor dw, boolean add) {
    if (dw != null) {
      kernels.linearWeightGradient(dy, x, dw, add);
    }
  }

  /** A norm's gradient, which kernels only add to. */
  private void clear(Tensor gradient) {
    if (gradient != null) {
      kernels.fill(gradient, 0f);
    }
  }

  private void forEachChunk(BlockActivations a, TokenChunks.Work work) {
    TokenChunks.forEach(Math.toIntExact(a.input().rows()), chunk, work);
  }
}
