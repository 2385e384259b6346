package dev.annulus.attention.cpu;

import dev.annulus.attention.AttentionShape;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.cpu.CpuThreads;

/**
 * Attention by tiles whose products are calls of sgemm: {@link ForwardTiles} and {@link
 * BackwardTiles}, shared out over threads. Any processor, any shape.
 */
final class TiledAttention implements AttentionPath {
  private final CpuThreads threads;
  private final TileSizes sizes;
  private final TileMemory[] memories;
  private final ForwardTiles[] forward;
  private final BackwardTiles[] backward;
  private final AddingTurns turns = new AddingTurns();

  TiledAttention(DeviceArena scratch, CpuThreads threads, TileSizes sizes) {
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
  public void forward(ForwardCall call) {
    AttentionShape shape = call.shape();
    reserve(shape);
    int tiles = TileRows.tiles(shape, call.mask(), sizes);
    // Under a causal mask the last tiles are the longest: begun first, no thread is left with one.
    threads.run(
        Math.multiplyExact(shape.kvHeads(), tiles),
        (part, thread) -> forward[thread].run(call, part / tiles, tiles - 1 - part % tiles));
  }

  @Override
  public void backward(BackwardCall call) {
    AttentionShape shape = call.shape();
    reserve(shape);
    int heads = shape.kvHeads();
    int tiles = TileRows.tiles(shape, call.mask(), sizes);
    TileOrder order = new TileOrder(heads, tiles, Math.min(heads, threads.count()));
    turns.reset(heads, tiles);
    threads.run(
        order.count(),
        (part, thread) -> backward[thread].run(call, order.head(part), order.tile(part), turns));
  }

  /** Memory of all threads is reserved by the caller's, which can then say what is missing. */
  private void reserve(AttentionShape shape) {
    for (TileMemory memory : memories) {
      memory.reserve(shape.headDim());
    }
  }
}
