package dev.annulus.attention.cpu;

import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.cpu.CpuThreads;

/**
 * Attention by panels of eight lanes whose products are calls of sgemm's kernel on packed operands:
 * {@link PanelForward} and {@link PanelBackward}, shared out over threads. Only where {@link
 * dev.annulus.device.cpu.PanelProducts#supported}.
 */
final class PanelAttention implements AttentionPath {
  /** With fewer queries most lanes of a panel would hold none. */
  private static final int LEAST_QUERIES = 8;

  private final CpuThreads threads;
  private final PanelSizes sizes;
  private final PanelMemory[] memories;
  private final PanelForward[] forward;
  private final PanelBackward[] backward;
  private final AddingTurns turns = new AddingTurns();

  PanelAttention(DeviceArena scratch, CpuThreads threads, PanelSizes sizes) {
    this.threads = threads;
    this.sizes = sizes;
    this.memories = new PanelMemory[threads.count()];
    this.forward = new PanelForward[memories.length];
    this.backward = new PanelBackward[memories.length];
    for (int thread = 0; thread < memories.length; thread++) {
      memories[thread] = new PanelMemory(scratch, sizes);
      forward[thread] = new PanelForward(memories[thread], sizes);
      backward[thread] = new PanelBackward(memories[thread], sizes);
    }
  }

  /** Whether this is a good way for such a call. */
  static boolean suits(VisibleKeys mask) {
    return mask.queries() >= LEAST_QUERIES;
  }

  @Override
  public void forward(ForwardCall call) {
    AttentionShape shape = call.shape();
    for (PanelMemory memory : memories) {
      memory.reserveForward(shape);
    }
    int tiles = Math.ceilDiv(call.mask().queries(), sizes.queriesOfTile(shape.groupSize()));
    // Under a causal mask the last tiles are the longest: begun first, no thread is left with one.
    threads.run(
        Math.multiplyExact(shape.kvHeads(), tiles),
        (part, thread) -> forward[thread].run(call, part / tiles, tiles - 1 - part % tiles));
  }

  @Override
  public void backward(BackwardCall call) {
    AttentionShape shape = call.shape();
    for (PanelMemory memory : memories) {
      memory.reserveBackward(shape);
    }
    int heads = shape.kvHeads();
    int tiles = Math.ceilDiv(Math.toIntExact(call.k().rows()), sizes.outer());
    TileOrder order = new TileOrder(heads, tiles, Math.min(heads, threads.count()));
    turns.reset(heads, tiles);
    threads.run(
        order.count(),
        (part, thread) -> backward[thread].run(call, order.head(part), order.tile(part), turns));
  }
}
