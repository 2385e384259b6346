package dev.annulus.attention.cpu;

import dev.annulus.device.DeviceArena;
import java.lang.foreign.MemorySegment;

/**
 * Working memory of the tiles of one kernel, allocated once and grown only for a larger head dim.
 */
final class TileMemory {
  /** Elements of a tile's products up to which OpenBLAS computes without packing its operands. */
  private static final int SMALL_PRODUCT = 1_000_000;

  private static final int MOST_KEYS = 512;

  private final DeviceArena arena;
  private int headDim;
  private MemorySegment scores;
  private MemorySegment gradients;
  private MemorySegment[] blocks = new MemorySegment[0];

  TileMemory(DeviceArena arena) {
    this.arena = arena;
  }

  /** Keys of a tile: the most whose products stay small, a multiple of 16. */
  static int keys(int headDim) {
    int most = SMALL_PRODUCT / (TileRows.LANES * headDim);
    return Math.max(16, Math.min(most / 16 * 16, MOST_KEYS));
  }

  /** Makes sure that there is memory for this head dim. */
  void reserve(int newHeadDim) {
    if (scores == null) {
      scores = allocate(MOST_KEYS);
      gradients = allocate(MOST_KEYS);
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
