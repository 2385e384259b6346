package dev.annulus.attention.cpu;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/** Loops over one row of a tile: n floats from an index (in floats) of a segment. */
final class RowVectors {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final ByteOrder NATIVE = ByteOrder.nativeOrder();

  private RowVectors() {}

  /** x *= factor. */
  static void scale(MemorySegment x, long index, int n, float factor) {
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += FLOATS.length()) {
      load(x, index + i).mul(factor).intoMemorySegment(x, 4 * (index + i), NATIVE);
    }
    if (i < n) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, n);
      FloatVector scaled = load(x, index + i, tail).mul(factor);
      scaled.intoMemorySegment(x, 4 * (index + i), NATIVE, tail);
    }
  }

  /** y = yFactor y + xFactor x. */
  static void combine(
      MemorySegment y,
      long yIndex,
      float yFactor,
      MemorySegment x,
      long xIndex,
      float xFactor,
      int n) {
    int i = 0;
    for (; i < FLOATS.loopBound(n); i += FLOATS.length()) {
      FloatVector kept = load(y, yIndex + i).mul(yFactor);
      FloatVector sum = load(x, xIndex + i).mul(xFactor).add(kept);
      sum.intoMemorySegment(y, 4 * (yIndex + i), NATIVE);
    }
    if (i < n) {
      VectorMask<Float> tail = FLOATS.indexInRange(i, n);
      FloatVector kept = load(y, yIndex + i, tail).mul(yFactor);
      FloatVector sum = load(x, xIndex + i, tail).mul(xFactor).add(kept);
      sum.intoMemorySegment(y, 4 * (yIndex + i), NATIVE, tail);
    }
  }

  private static FloatVector load(MemorySegment memory, long index) {
    return FloatVector.fromMemorySegment(FLOATS, memory, 4 * index, NATIVE);
  }

  private static FloatVector load(MemorySegment memory, long index, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(FLOATS, memory, 4 * index, NATIVE, mask);
  }
}
