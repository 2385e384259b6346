package dev.annulus.device.cuda;

import dev.annulus.attention.AttentionKernel;
import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.AttentionShapes;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.device.DataType;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import dev.annulus.device.TypedShapes;
import java.util.Set;

/**
 * Attention on the tensor cores (docs/gpu-attention.md): bf16 in, fp32 out, head dims 64 and 128.
 * Deterministic. A mask is looked at once for all heads and layers, and what nobody sees costs
 * nothing.
 */
final class TensorCoreAttention implements AttentionKernel, AutoCloseable {
  private static final Set<DataType> INPUTS = Set.of(DataType.BFLOAT16);
  private static final int THREADS = 128;
  private static final int WARPS = 4;

  private final Launcher launcher;
  private final AttentionLaunches launches;
  private final TilePlans plans;
  private final GradientRows rows;

  TensorCoreAttention(
      CudaMemory memory, Launcher launcher, DeviceMasks masks, AttentionLaunches launches) {
    this.launcher = launcher;
    this.launches = launches;
    this.plans = new TilePlans(launcher, masks, launches.tiles());
    this.rows = new GradientRows(memory, launcher);
  }

  /** Whether it is made for such heads and inputs. */
  static boolean takes(AttentionShape shape, DataType inputs) {
    return inputs == DataType.BFLOAT16 && AttentionLaunches.take(shape.headDim());
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
    AttentionShapes.checkForward(INPUTS, shape, q, k, v, mask, out, lse);
    if (q.rows() > 0 && k.rows() > 0) {
      launches.forward(shape, q, k, v, plans.of(mask, k.rows()), true, out, null, lse);
    }
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
    AttentionShapes.checkForward(INPUTS, shape, q, k, v, mask, out, lse);
    if (q.rows() > 0 && k.rows() > 0) {
      launches.forward(shape, q, k, v, plans.of(mask, k.rows()), false, out, null, lse);
    } else {
      AttentionKernel.clear(out, lse, kernels);
    }
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
    AttentionShapes.checkForward(INPUTS, shape, q, k, v, mask, sum, lse);
    TypedShapes.checkSizes("attention output", sum, out);
    if (q.rows() > 0 && k.rows() > 0 && out.type() == DataType.BFLOAT16) {
      launches.forward(shape, q, k, v, plans.of(mask, k.rows()), false, null, out, lse);
    } else {
      forwardFirst(shape, q, k, v, mask, sum, lse, kernels);
      AttentionKernel.round(sum, out, kernels);
    }
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
    AttentionShapes.checkBackward(INPUTS, shape, q, k, v, mask, dOut, lse, delta, dq, dk, dv);
    if (q.rows() > 0 && k.rows() > 0) {
      gradients(shape, q, k, v, mask, dOut, lse, delta, true, dq, dk, dv);
    }
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
    AttentionShapes.checkBackward(INPUTS, shape, q, k, v, mask, dOut, lse, delta, dq, dk, dv);
    boolean empty = q.rows() == 0 || k.rows() == 0;
    if (empty || !launches.putsGradients()) {
      AttentionKernel.clear(dq, dk, dv, kernels);
    }
    if (!empty) {
      boolean running = !launches.putsGradients();
      gradients(shape, q, k, v, mask, dOut, lse, delta, running, dq, dk, dv);
    }
  }

  private void gradients(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      VisibleKeys mask,
      Tensor dOut,
      Tensor lse,
      Tensor delta,
      boolean running,
      Tensor dq,
      Tensor dk,
      Tensor dv) {
    TilePlans.Planned block = plans.of(mask, k.rows());
    rows.load(shape, block.mask(), lse, delta);
    launches.keyGradients(shape, q, k, v, dOut, block, rows, running, dk, dv);
    launches.queryGradients(shape, q, k, v, dOut, block, lse, delta, running, dq);
  }

  @Override
  public void delta(AttentionShape shape, Tensor out, Tensor dOut, Tensor delta) {
    AttentionShapes.checkDelta(AttentionShapes.FLOATS, shape, out, dOut, delta);
    launcher
        .kernel(KernelCatalog.ROW_DELTA.of(out.type()))
        .pointer(out)
        .pointer(dOut)
        .integer(out.rows())
        .integer(shape.queryHeads())
        .integer(shape.headDim())
        .pointer(delta)
        .launch(Math.ceilDiv(out.rows() * shape.queryHeads(), WARPS), THREADS);
  }

  @Override
  public void close() {
    rows.close();
  }
}
