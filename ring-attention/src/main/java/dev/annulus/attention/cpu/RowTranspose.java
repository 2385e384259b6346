package dev.annulus.attention.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Brings the scattered query rows of a tile together. */
final class RowTranspose {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private RowTranspose() {}

  /** target[e, lane] = element e of the row of each lane; target [n, {@link TileRows#LANES}]. */
  static void transpose(MemorySegment source, TileRows rows, int n, MemorySegment target) {
    for (int lane = 0; lane < rows.count(); lane++) {
      MemorySegment row = source.asSlice(4 * rows.offset[lane], 4L * n);
      for (int e = 0; e < n; e++) {
        target.setAtIndex(FLOAT, (long) e * TileRows.LANES + lane, row.getAtIndex(FLOAT, e));
      }
    }
  }

  /** target[lane] = the row of each lane; target [rows, n]. */
  static void gather(MemorySegment source, TileRows rows, int n, MemorySegment target) {
    for (int lane = 0; lane < rows.count(); lane++) {
      MemorySegment.copy(source, 4 * rows.offset[lane], target, 4L * lane * n, 4L * n);
    }
  }
}
