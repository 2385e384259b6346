package dev.annulus.attention.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.annulus.device.cpu.PanelProducts;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Rows of a tensor to panels [n, 8] and back. All indices and strides in floats. */
final class PanelRows {
  static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_256;
  private static final int LANES = PanelProducts.LANES;
  private static final ByteOrder NATIVE = ByteOrder.nativeOrder();

  private PanelRows() {}

  /**
   * Packs {@code count} rows as panels, the lanes after the last row as zeros.
   *
   * @param scratch 8 rows
   */
  static void pack(
      MemorySegment rows,
      long index,
      int stride,
      int count,
      int n,
      MemorySegment scratch,
      MemorySegment to,
      long toIndex) {
    int whole = count / LANES * LANES;
    PanelProducts.packLeft(whole, n, rows, index, stride, to, toIndex);
    if (whole < count) {
      scratch.asSlice(0, 4L * LANES * n).fill((byte) 0);
      for (int row = whole; row < count; row++) {
        long from = index + (long) row * stride;
        MemorySegment.copy(rows, 4 * from, scratch, 4L * (row - whole) * n, 4L * n);
      }
      PanelProducts.packLeft(LANES, n, scratch, 0, n, to, toIndex + (long) whole * n);
    }
  }

  /**
   * Packs {@code count} rows as a right operand, with rows of zeros up to a whole panel and {@link
   * ScoreRange#BEYOND} more.
   *
   * @param scratch 8 rows
   */
  static void packRight(
      MemorySegment rows,
      long index,
      int stride,
      int count,
      int n,
      MemorySegment scratch,
      MemorySegment to) {
    int panel = PanelProducts.RIGHT;
    int whole = count / panel * panel;
    PanelProducts.packRight(whole, n, rows, index, stride, to, 0);
    scratch.asSlice(0, 4L * LANES * n).fill((byte) 0);
    for (int row = whole; row < count; row++) {
      long from = index + (long) row * stride;
      MemorySegment.copy(rows, 4 * from, scratch, 4L * (row - whole) * n, 4L * n);
    }
    int padded = panel + ScoreRange.BEYOND;
    PanelProducts.packRight(padded, n, scratch, 0, n, to, (long) whole * n);
  }

  /** Floats of a packed right operand of at most {@code count} rows. */
  static long rightFloats(int count, int n) {
    return (long) (count + PanelProducts.RIGHT + ScoreRange.BEYOND) * n;
  }

  /** Turns a panel [n, 8] so that {@link #combine} finds the row of each lane in pieces. */
  static void turn(MemorySegment panel, long index, int n, MemorySegment turned) {
    PanelProducts.packLeft(n, LANES, panel, index, LANES, turned, 0);
  }

  /** y = yFactor y + xFactor x, where x is the row of a lane of a turned panel. */
  static void combine(
      MemorySegment y,
      long yIndex,
      float yFactor,
      MemorySegment turned,
      int lane,
      float xFactor,
      int n) {
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += LANES) {
      long at = (long) i * LANES + (long) lane * LANES;
      FloatVector kept = load(y, yIndex + i).mul(yFactor);
      FloatVector sum = load(turned, at).mul(xFactor).add(kept);
      sum.intoMemorySegment(y, 4 * (yIndex + i), NATIVE);
    }
    // What is left over lies in panels of 4, 2 and 1.
    for (int width = LANES / 2; width > 0; width /= 2) {
      if (n - i >= width) {
        long at = (long) i * LANES + (long) lane * width;
        for (int e = 0; e < width; e++) {
          float kept = y.getAtIndex(JAVA_FLOAT, yIndex + i + e) * yFactor;
          float sum = turned.getAtIndex(JAVA_FLOAT, at + e) * xFactor + kept;
          y.setAtIndex(JAVA_FLOAT, yIndex + i + e, sum);
        }
        i += width;
      }
    }
  }

  private static FloatVector load(MemorySegment memory, long index) {
    return FloatVector.fromMemorySegment(FLOATS, memory, 4 * index, NATIVE);
  }
}
