package dev.annulus.device.cuda;

import dev.annulus.attention.AttentionShape;
import dev.annulus.device.Tensor;

/** The kernels for every GPU since Ampere: a block a tile and head. */
final class PortableLaunches implements AttentionLaunches {
  private static final int THREADS = 128;

  private final Launcher launcher;

  PortableLaunches(Launcher launcher) {
    this.launcher = launcher;
  }

  @Override
  public AttentionTiles tiles() {
    return AttentionTiles.PORTABLE;
  }

  @Override
  public boolean putsGradients() {
    return false;
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
        .kernel(KernelCatalog.PORTABLE_FORWARD.of(shape.headDim()))
        .pointer(q)
        .pointer(k)
        .pointer(v)
        .pointer(block.mask().from())
        .pointer(block.mask().to())
        .pointer(block.plan().tileKeys())
        .pointer(block.plan().tileOrder());
    sizes(shape, q, k)
        .integer(running ? 1 : 0)
        .pointer(out)
        .pointer(lse)
        .pointer(rounded)
        .launch(
            block.plan().tileOrder().columns(), shape.queryHeads(), THREADS, sharedBytes(shape, 5));
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
        .kernel(KernelCatalog.PORTABLE_KEY_GRADIENT.of(shape.headDim()))
        .pointer(q)
        .pointer(k)
        .pointer(v)
        .pointer(dOut)
        .pointer(rows.rows())
        .pointer(rows.seen())
        .pointer(block.plan().keyQueries())
        .pointer(block.plan().keyOrder());
    sizes(shape, q, k)
        .pointer(dk)
        .pointer(dv)
        .launch(block.plan().keyOrder().columns(), shape.kvHeads(), THREADS, sharedBytes(shape, 4));
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
        .kernel(KernelCatalog.PORTABLE_QUERY_GRADIENT.of(shape.headDim()))
        .pointer(q)
        .pointer(k)
        .pointer(v)
        .pointer(dOut)
        .pointer(block.mask().from())
        .pointer(block.mask().to())
        .pointer(block.plan().tileKeys())
        .pointer(block.plan().tileOrder());
    sizes(shape, q, k)
        .pointer(lse)
        .pointer(delta)
        .pointer(dq)
        .launch(
            block.plan().tileOrder().columns(), shape.queryHeads(), THREADS, sharedBytes(shape, 4));
  }

  private Launcher sizes(AttentionShape shape, Tensor q, Tensor k) {
    return launcher
        .integer(q.rows())
        .integer(k.rows())
        .integer(shape.queryHeads())
        .integer(shape.groupSize())
        .number(shape.scale());
  }

  /** Of tiles of bf16 rows. */
  private static int sharedBytes(AttentionShape shape, int tiles) {
    return tiles * AttentionTiles.PORTABLE.keys() * shape.headDim() * 2;
  }
}
