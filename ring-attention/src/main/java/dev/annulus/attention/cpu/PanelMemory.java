package dev.annulus.attention.cpu;

import dev.annulus.attention.AttentionShape;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.cpu.PanelProducts;
import java.lang.foreign.MemorySegment;

/**
 * Working memory of one thread of {@link PanelAttention}, grown where a shape needs more. Packed
 * operands and panels lie one after the other in numbered blocks of floats.
 */
final class PanelMemory {
  private final DeviceArena arena;
  private final PanelSizes sizes;
  private final MemorySegment[] blocks = new MemorySegment[9];

  PanelMemory(DeviceArena arena, PanelSizes sizes) {
    this.arena = arena;
    this.sizes = sizes;
  }

  /** Makes sure that there is memory for {@link PanelForward}. */
  void reserveForward(AttentionShape shape) {
    int dim = shape.headDim();
    int rows = sizes.queriesOfTile(shape.groupSize()) * shape.groupSize();
    int inner = sizes.inner();
    reserve(
        (long) (inner + ScoreRange.BEYOND) * PanelProducts.LANES,
        (long) PanelProducts.LANES * dim,
        (long) rows * dim,
        (long) rows * dim,
        PanelRows.rightFloats(inner, dim),
        (long) inner * dim);
  }

  /** Makes sure that there is memory for {@link PanelBackward}. */
  void reserveBackward(AttentionShape shape) {
    int dim = shape.headDim();
    int inner = sizes.inner();
    long keys = (long) sizes.outer() * dim;
    long queries = (long) inner * dim;
    reserve(
        new PanelGradients(inner).floats(),
        (long) PanelProducts.LANES * dim,
        3 * keys,
        2 * keys,
        PanelRows.rightFloats(inner, dim),
        PanelRows.rightFloats(inner, dim),
        queries,
        queries,
        (long) inner * inner);
  }

  private void reserve(long... floats) {
    for (int i = 0; i < floats.length; i++) {
      if (blocks[i] == null || blocks[i].byteSize() < 4 * floats[i]) {
        blocks[i] = arena.allocate(1, floats[i]).memory();
      }
    }
  }

  /** One of the blocks that were reserved, in that order. */
  MemorySegment block(int index) {
    return blocks[index];
  }
}
