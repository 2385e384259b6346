package dev.annulus.attention.cpu;

import dev.annulus.device.cpu.OpenBlas;
import java.util.Set;

/**
 * How large a tile is. What is best depends on how OpenBLAS multiplies small matrices on this
 * processor: where it reads operands as they lie, tiles stay in the nearest cache; where it packs
 * every operand first, they are so large that packing hardly shows, and what is only partly visible
 * is cut finer instead.
 *
 * @param rows most query rows, at most {@link TileRows#LANES}
 * @param mostKeys most keys
 * @param product most multiplications of rows x keys x head dim
 * @param partialKeys most keys where some rows do not see all of them
 */
record TileSizes(int rows, int mostKeys, int product, int partialKeys) {
  /** Keys in memory of a tile. */
  static final int MOST_KEYS = 512;

  /** Up to a million multiplications OpenBLAS does not pack, on processors that it can do so. */
  static final TileSizes UNPACKED = new TileSizes(64, MOST_KEYS, 1_000_000, MOST_KEYS);

  /** Scores of half a megabyte at most: what a core's second cache holds. */
  static final TileSizes PACKED = new TileSizes(192, 384, Integer.MAX_VALUE, 64);

  /** Processor families of OpenBLAS that have kernels for unpacked operands. */
  private static final Set<String> WITHOUT_PACKING =
      Set.of("SkylakeX", "Cooperlake", "SapphireRapids");

  /** For the processor that this runs on; loads OpenBLAS. */
  static final TileSizes HERE =
      WITHOUT_PACKING.contains(OpenBlas.coreName().strip()) ? UNPACKED : PACKED;

  /** Keys of a tile that is wholly visible, a multiple of 16. */
  int keys(int headDim) {
    long most = product / Math.multiplyFull(rows, headDim);
    return Math.clamp(most / 16 * 16, 16, mostKeys);
  }

  /** Whether what is partly visible is cut apart from what is wholly visible. */
  boolean cutsPartial() {
    return partialKeys < mostKeys;
  }
}
