package dev.annulus.attention.cpu;

import dev.annulus.attention.AttentionKernel;
import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.AttentionShapes;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;
import dev.annulus.device.cpu.CpuThreads;

/**
 * Attention on the CPU: {@link ForwardTiles} and {@link BackwardTiles} over all tiles of all heads,
 * shared out over the device's threads. Any head dim; whole vectors (multiples of 16) are fastest.
 * The bits do not depend on the number of threads.
 */
public final class CpuAttention implements AttentionKernel {
  /** Elements of a piece of {@link #delta}. */
  private static final int DELTA_PIECE = 16_384;

  private final CpuThreads threads;
  private final TileSizes sizes;
  private final TileMemory[] memories;
  private final ForwardTiles[] forward;
  private final BackwardTiles[] backward;
  private final KeyTurns turns = new KeyTurns();

  /**
   * @param scratch working memory comes from here; it is small, and does not grow with tokens
   * @param threads closed by whoever made them
   */
  public CpuAttention(DeviceArena scratch, CpuThreads threads) {
    this(scratch, threads, TileSizes.HERE);
  }

  CpuAttention(DeviceArena scratch, CpuThreads threads, TileSizes sizes) {
    this.threads = threads;
    this.sizes = sizes;
    this.memories = new TileMemory[threads.count()];
    this.forward = new ForwardTiles[memories.length];
    this.backward = new BackwardTiles[memories.length];
    for (int thread = 0; thread < memories.length; thread++) {
      memories[thread] = new TileMemory(scratch);
      forward[thread] = new ForwardTiles(memories[thread], sizes);
      backward[thread] = new BackwardTiles(memories[thread], sizes);
    }
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
    ForwardCall call = new ForwardCall(shape, q, k, v, mask, out, lse);
    reserve(shape);
    int tiles = TileRows.tiles(shape, mask, sizes);
    // Under a causal mask the last tiles are the longest: begun first, no thread is left with one.
    threads.run(
        Math.multiplyExact(shape.kvHeads(), tiles),
        (part, thread) -> forward[thread].run(call, part / tiles, tiles - 1 - part % tiles));
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
    BackwardCall call = new BackwardCall(shape, q, k, v, mask, dOut, lse, delta, dq, dk, dv);
    reserve(shape);
    int heads = shape.kvHeads();
    int tiles = TileRows.tiles(shape, mask, sizes);
    TileOrder order = new TileOrder(heads, tiles, Math.min(heads, threads.count()));
    turns.reset(heads, tiles);
    threads.run(
        order.count(),
        (part, thread) -> backward[thread].run(call, order.head(part), order.tile(part), turns));
  }

  @Override
  public void delta(AttentionShape shape, Tensor out, Tensor dOut, Tensor delta) {
    AttentionShapes.checkDelta(shape, out, dOut, delta);
    long rowsOfPiece = Math.max(1, DELTA_PIECE / shape.queryColumns());
    threads.split(
        out.rows(), rowsOfPiece, (from, to) -> RowDots.dots(shape, out, dOut, delta, from, to));
  }

  /** Memory of all threads is reserved by the caller's, which can then say what is missing. */
  private void reserve(AttentionShape shape) {
    for (TileMemory memory : memories) {
      memory.reserve(shape.headDim());
    }
  }
}
