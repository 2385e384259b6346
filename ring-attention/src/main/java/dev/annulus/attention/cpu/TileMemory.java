package dev.annulus.attention.cpu;

import dev.annulus.device.DeviceArena;
import java.lang.foreign.MemorySegment;

/**
 * Working memory of the tiles of one kernel, allocated once and grown only for a larger head dim.
 */
final class TileMemory {
  private final DeviceArena arena;
  private int headDim;
  private MemorySegment scores;
  private MemorySegment gradients;
  private MemorySegment[] blocks = new MemorySegment[0];

  TileMemory(DeviceArena arena) {
    this.arena = arena;
  }

  /** Makes sure that there is memory for this head dim. */
  void reserve(int newHeadDim) {
    if (scores == null) {
      scores = allocate(TileSizes.MOST_KEYS);
      gradients = allocate(TileSizes.MOST_KEYS);
    }
    if (newHeadDim > headDim) {
      headDim = newHeadDim;
      blocks = new MemorySegment[5];
      for (int i = 0; i < blocks.length; i++) {
        blocks[i] = allocate(headDim);
      }
    }
  }

  /** Scores, then probabilities, [keys, LANES]. */
  MemorySegment scores() {
    return scores;
  }

  /** Gradients of probabilities, then of scores, [keys, LANES]. */
  MemorySegment gradients() {
    return gradients;
  }

  /** One of five blocks of [headDim, LANES] or [LANES, headDim]. */
  MemorySegment block(int index) {
    return blocks[index];
  }

  private MemorySegment allocate(int rows) {
    return arena.allocate(rows, TileRows.LANES).memory();
  }
}
