package dev.annulus.attention.cpu;

import dev.annulus.attention.AttentionKernel;
import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.AttentionShapes;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;

/** Attention on the CPU: {@link ForwardTiles} and {@link BackwardTiles} over all heads. */
public final class CpuAttention implements AttentionKernel {
  private final ForwardTiles forward;
  private final BackwardTiles backward;

  /** Working memory comes from the arena, and is small: it does not grow with tokens. */
  public CpuAttention(DeviceArena scratch) {
    TileMemory memory = new TileMemory(scratch);
    this.forward = new ForwardTiles(memory);
    this.backward = new BackwardTiles(memory);
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
    AttentionShapes.checkForward(shape, q, k, v, mask, out, lse);
    forward.run(shape, q, k, v, mask, out, lse);
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
    AttentionShapes.checkBackward(shape, q, k, v, mask, dOut, lse, delta, dq, dk, dv);
    backward.run(shape, q, k, v, mask, dOut, lse, delta, dq, dk, dv);
  }

  @Override
  public void delta(AttentionShape shape, Tensor out, Tensor dOut, Tensor delta) {
    AttentionShapes.checkDelta(shape, out, dOut, delta);
    RowDots.dots(shape, out, dOut, delta);
  }
}
