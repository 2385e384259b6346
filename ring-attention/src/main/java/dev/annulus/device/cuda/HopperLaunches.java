package dev.annulus.device.cuda;

import dev.annulus.attention.AttentionShape;
import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;

/**
 * The kernels for compute capability 9.0: as many blocks as multiprocessors, which take tiles from
 * a queue and have them brought by the copy engine.
 */
final class HopperLaunches implements AttentionLaunches {
  static final int COMPUTE_CAPABILITY = 90;

  private static final int THREADS = 384;

  private final CudaSession session;
  private final Launcher launcher;

  /** Two numbers that every launch finds and leaves 0. */
  private final Tensor counters;

  HopperLaunches(CudaSession session, Launcher launcher, DeviceArena arena) {
    this.session = session;
    this.launcher = launcher;
    this.counters = arena.allocate(DataType.INT32, 1, 2);
  }

  @Override
  public AttentionTiles tiles() {
    return AttentionTiles.HOPPER;
  }

  @Override
  public boolean putsGradients() {
    return true;
  }

  @Override
  public void forward(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      TilePlans.Planned block,
      boolean running,
      Tensor out,
      Tensor rounded,
      Tensor lse) {
    launcher
        .kernel(KernelCatalog.HOPPER_FORWARD.of(shape.headDim()))
        .map(map(shape, q, tiles().queries()))
        .map(map(shape, k, tiles().keys()))
        .map(map(shape, v, tiles().keys()))
        .pointer(block.mask().from())
        .pointer(block.mask().to())
        .pointer(block.plan().tileKeys())
        .pointer(block.plan().tileOrder())
        .pointer(counters)
        .integer(q.rows())
        .integer(shape.queryHeads())
        .integer(shape.groupSize())
        .integer(shape.groupSize())
        .number(shape.scale())
        .integer(running ? 1 : 0)
        .pointer(out)
        .pointer(lse)
        .pointer(rounded);
    launch(shape.headDim() == 64 ? 99_328 : 197_632);
  }

  @Override
  public void keyGradients(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor dOut,
      TilePlans.Planned block,
      GradientRows rows,
      boolean running,
      Tensor dk,
      Tensor dv) {
    launcher
        .kernel(KernelCatalog.HOPPER_KEY_GRADIENT.of(shape.headDim()))
        .map(map(shape, q, tiles().gradientQueries()))
        .map(map(shape, k, tiles().keys()))
        .map(map(shape, v, tiles().keys()))
        .map(map(shape, dOut, tiles().gradientQueries()))
        .pointer(rows.rows())
        .pointer(rows.seen())
        .pointer(block.plan().keyQueries())
        .pointer(block.plan().keyOrder())
        .pointer(counters)
        .integer(q.rows())
        .integer(k.rows())
        .integer(shape.kvHeads())
        .integer(shape.groupSize())
        .integer(shape.kvHeads())
        .number(shape.scale())
        .integer(running ? 1 : 0)
        .pointer(dk)
        .pointer(dv);
    launch(shape.headDim() == 64 ? 94_208 : 184_320);
  }

  @Override
  public void queryGradients(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor dOut,
      TilePlans.Planned block,
      Tensor lse,
      Tensor delta,
      boolean running,
      Tensor dq) {
    launcher
        .kernel(KernelCatalog.HOPPER_QUERY_GRADIENT.of(shape.headDim()))
        .map(map(shape, q, tiles().queries()))
        .map(map(shape, k, tiles().keys()))
        .map(map(shape, v, tiles().keys()))
        .map(map(shape, dOut, tiles().queries()))
        .pointer(block.mask().from())
        .pointer(block.mask().to())
        .pointer(block.plan().tileKeys())
        .pointer(block.plan().tileOrder())
        .pointer(counters)
        .integer(q.rows())
        .integer(shape.queryHeads())
        .integer(shape.groupSize())
        .integer(shape.groupSize())
        .number(shape.scale())
        .integer(running ? 1 : 0)
        .pointer(lse)
        .pointer(delta)
        .pointer(dq);
    launch(shape.headDim() == 64 ? 115_712 : 230_400);
  }

  private TensorMap map(AttentionShape shape, Tensor tensor, int boxTokens) {
    return TensorMap.of(tensor, session.address(tensor), shape.headDim(), boxTokens);
  }

  private void launch(int sharedBytes) {
    launcher.launch(session.properties().multiprocessors(), 1, THREADS, sharedBytes);
  }
}
