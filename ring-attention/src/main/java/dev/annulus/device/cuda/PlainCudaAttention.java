package dev.annulus.device.cuda;

import dev.annulus.attention.AttentionKernel;
import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.AttentionShapes;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.device.DataType;
import dev.annulus.device.Tensor;

/**
 * Attention on the GPU without tensor cores, for every head dim up to 256 and both types: the
 * reference of the faster kernels, and what is used where there is none. Deterministic.
 */
final class PlainCudaAttention implements AttentionKernel {
  private static final int THREADS = 256;
  private static final int WARPS = 8;
  private static final int TILE = 32;
  private static final int MAX_HEAD_DIM = 256;

  private final CudaSession session;
  private final Launcher launcher;
  private final DeviceMasks masks;

  PlainCudaAttention(CudaSession session, Launcher launcher, DeviceMasks masks) {
    this.session = session;
    this.launcher = launcher;
    this.masks = masks;
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
    AttentionShapes.checkForward(AttentionShapes.FLOATS, shape, q, k, v, mask, out, lse);
    DeviceMask visible = visible(mask);
    start(KernelCatalog.PLAIN_FORWARD.of(q.type()), q, k, v, visible).pointer(out).pointer(lse);
    finish(shape, q, k).launch(tiles(q), shape.queryHeads(), THREADS, sharedBytes(shape, 3));
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
    AttentionShapes.checkBackward(
        AttentionShapes.FLOATS, shape, q, k, v, mask, dOut, lse, delta, dq, dk, dv);
    DeviceMask visible = visible(mask);
    start(KernelCatalog.PLAIN_QUERY_GRADIENT.of(q.type()), q, k, v, visible)
        .pointer(dOut)
        .pointer(lse)
        .pointer(delta)
        .pointer(dq);
    finish(shape, q, k).launch(tiles(q), shape.queryHeads(), THREADS, sharedBytes(shape, 4));
    start(KernelCatalog.PLAIN_KEY_GRADIENT.of(q.type()), q, k, v, visible)
        .pointer(dOut)
        .pointer(lse)
        .pointer(delta)
        .pointer(dk)
        .pointer(dv);
    finish(shape, q, k).launch(tiles(k), shape.kvHeads(), THREADS, sharedBytes(shape, 4));
  }

  @Override
  public void delta(AttentionShape shape, Tensor out, Tensor dOut, Tensor delta) {
    AttentionShapes.checkDelta(AttentionShapes.FLOATS, shape, out, dOut, delta);
    if (out.type() == DataType.BFLOAT16 && dOut.type() == DataType.FLOAT32) {
      throw new IllegalArgumentException("attention delta of out BFLOAT16 and dOut FLOAT32");
    }
    Kernel kernel =
        out.type() == dOut.type()
            ? KernelCatalog.ATTENTION_DELTA.of(out.type())
            : KernelCatalog.ATTENTION_DELTA_MIXED;
    launcher
        .kernel(kernel)
        .pointer(out)
        .pointer(dOut)
        .pointer(delta)
        .integer(out.rows())
        .integer(shape.queryHeads())
        .integer(shape.headDim())
        .launch(Math.ceilDiv(out.rows() * shape.queryHeads(), WARPS), THREADS);
  }

  private DeviceMask visible(VisibleKeys mask) {
    DeviceMask visible = masks.get(mask);
    masks.trim();
    return visible;
  }

  private Launcher start(Kernel kernel, Tensor q, Tensor k, Tensor v, DeviceMask visible) {
    return launcher
        .kernel(kernel)
        .pointer(q)
        .pointer(k)
        .pointer(v)
        .pointer(visible.from())
        .pointer(visible.to());
  }

  private Launcher finish(AttentionShape shape, Tensor q, Tensor k) {
    return launcher
        .integer(q.rows())
        .integer(k.rows())
        .integer(shape.queryHeads())
        .integer(shape.kvHeads())
        .integer(shape.headDim())
        .number(shape.scale());
  }

  private static long tiles(Tensor rows) {
    return Math.ceilDiv(rows.rows(), TILE);
  }

  private int sharedBytes(AttentionShape shape, int tiles) {
    int bytes = tiles * TILE * (shape.headDim() + 1) * Float.BYTES;
    if (shape.headDim() > MAX_HEAD_DIM || bytes > session.properties().sharedBytes()) {
      throw new IllegalArgumentException(
          "head dim %d, expected at most %d with %d bytes of shared memory on %s"
              .formatted(
                  shape.headDim(),
                  MAX_HEAD_DIM,
                  session.properties().sharedBytes(),
                  session.properties().name()));
    }
    return bytes;
  }
}
