package dev.annulus.attention.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Loops over one row of a tile. Offsets are bytes. */
final class RowScale {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private RowScale() {}

  /** x *= factor. */
  static void scale(MemorySegment x, long offset, int n, float factor) {
    for (int i = 0; i < n; i++) {
      long at = offset + 4L * i;
      x.set(FLOAT, at, factor * x.get(FLOAT, at));
    }
  }

  /** y += x. */
  static void add(MemorySegment x, long xOffset, MemorySegment y, long yOffset, int n) {
    for (int i = 0; i < n; i++) {
      long at = yOffset + 4L * i;
      y.set(FLOAT, at, y.get(FLOAT, at) + x.get(FLOAT, xOffset + 4L * i));
    }
  }
}
