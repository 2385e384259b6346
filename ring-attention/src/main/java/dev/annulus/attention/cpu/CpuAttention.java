package dev.annulus.attention.cpu;

import dev.annulus.attention.AttentionKernel;
import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.AttentionShapes;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;
import dev.annulus.device.cpu.CpuThreads;
import dev.annulus.device.cpu.PanelProducts;

/**
 * Attention on the CPU, in one of two ways: by panels ({@link PanelAttention}) where sgemm packs
 * its operands for every call and its kernel can be called without, by tiles ({@link
 * TiledAttention}) everywhere else. Any head dim; whole vectors (multiples of 16) are fastest. The
 * bits do not depend on the number of threads.
 */
public final class CpuAttention implements AttentionKernel {
  /** Elements of a piece of {@link #delta}. */
  private static final int DELTA_PIECE = 16_384;

  private final CpuThreads threads;
  private final AttentionPath many;
  private final AttentionPath few;

  /**
   * @param scratch working memory comes from here; it is small, and does not grow with tokens
   * @param threads closed by whoever made them
   */
  public CpuAttention(DeviceArena scratch, CpuThreads threads) {
    this.threads = threads;
    this.few = new TiledAttention(scratch, threads, TileSizes.HERE);
    this.many =
        PanelProducts.preferred() ? new PanelAttention(scratch, threads, PanelSizes.DEFAULT) : few;
  }

  /** One way for all calls. */
  CpuAttention(CpuThreads threads, AttentionPath path) {
    this.threads = threads;
    this.few = path;
    this.many = path;
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
    path(mask).forward(new ForwardCall(shape, q, k, v, mask, out, lse));
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
    path(mask).backward(new BackwardCall(shape, q, k, v, mask, dOut, lse, delta, dq, dk, dv));
  }

  @Override
  public void delta(AttentionShape shape, Tensor out, Tensor dOut, Tensor delta) {
    AttentionShapes.checkDelta(shape, out, dOut, delta);
    long rowsOfPiece = Math.max(1, DELTA_PIECE / shape.queryColumns());
    threads.split(
        out.rows(), rowsOfPiece, (from, to) -> RowDots.dots(shape, out, dOut, delta, from, to));
  }

  private AttentionPath path(VisibleKeys mask) {
    return PanelAttention.suits(mask) ? many : few;
  }
}
