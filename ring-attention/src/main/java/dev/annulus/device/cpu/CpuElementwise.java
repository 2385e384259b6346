package dev.annulus.device.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Sums, scalings and fills of n elements. */
final class CpuElementwise {
  private CpuElementwise() {}

  /** y += x. Indices are of the first element. */
  static void add(MemorySegment x, long xIndex, MemorySegment y, long yIndex, long n) {
    long i = 0;
    for (; i < Lanes.bound(n); i += Lanes.WIDTH) {
      FloatVector sum = Lanes.load(y, yIndex + i).add(Lanes.load(x, xIndex + i));
      Lanes.store(sum, y, yIndex + i);
    }
    if (i < n) {
      var tail = Lanes.tail(i, n);
      FloatVector sum = Lanes.load(y, yIndex + i, tail).add(Lanes.load(x, xIndex + i, tail));
      Lanes.store(sum, y, yIndex + i, tail);
    }
  }

  /** x *= factor. */
  static void scale(MemorySegment x, long n, float factor) {
    long i = 0;
    for (; i < Lanes.bound(n); i += Lanes.WIDTH) {
      Lanes.store(Lanes.load(x, i).mul(factor), x, i);
    }
    for (; i < n; i++) {
      x.setAtIndex(JAVA_FLOAT, i, factor * x.getAtIndex(JAVA_FLOAT, i));
    }
  }

  /** x = value. */
  static void fill(MemorySegment x, long n, float value) {
    FloatVector values = FloatVector.broadcast(Lanes.FLOATS, value);
    long i = 0;
    for (; i < Lanes.bound(n); i += Lanes.WIDTH) {
      Lanes.store(values, x, i);
    }
    for (; i < n; i++) {
      x.setAtIndex(JAVA_FLOAT, i, value);
    }
  }

  /** In double, lane by lane, the lanes pairwise at the end. */
  static double sumOfSquares(MemorySegment x, long n) {
    DoubleVector low = DoubleVector.zero(Lanes.DOUBLES);
    DoubleVector high = low;
    long i = 0;
    for (; i < Lanes.bound(n); i += Lanes.WIDTH) {
      FloatVector values = Lanes.load(x, i);
      DoubleVector a = widen(values, 0);
      DoubleVector b = widen(values, 1);
      low = a.fma(a, low);
      high = b.fma(b, high);
    }
    double sum = Lanes.sum(low.add(high));
    for (; i < n; i++) {
      double value = x.getAtIndex(JAVA_FLOAT, i);
      sum += value * value;
    }
    return sum;
  }

  private static DoubleVector widen(FloatVector values, int part) {
    return (DoubleVector) values.convertShape(VectorOperators.F2D, Lanes.DOUBLES, part);
  }
}
