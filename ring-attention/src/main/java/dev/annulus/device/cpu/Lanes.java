package dev.annulus.device.cpu;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * Vectors of floats in memory of the CPU, by element index, and sums over lanes in a fixed order
 * (the Vector API leaves the order of its own open). A mask serves the tail of a row.
 */
final class Lanes {
  static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  static final VectorSpecies<Double> DOUBLES = FLOATS.vectorShape().withLanes(double.class);
  static final int WIDTH = FLOATS.length();
  private static final ByteOrder NATIVE = ByteOrder.nativeOrder();

  private Lanes() {}

  static FloatVector load(MemorySegment memory, long index) {
    return FloatVector.fromMemorySegment(FLOATS, memory, 4 * index, NATIVE);
  }

  static FloatVector load(MemorySegment memory, long index, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(FLOATS, memory, 4 * index, NATIVE, mask);
  }

  static void store(FloatVector vector, MemorySegment memory, long index) {
    vector.intoMemorySegment(memory, 4 * index, NATIVE);
  }

  static void store(FloatVector vector, MemorySegment memory, long index, VectorMask<Float> mask) {
    vector.intoMemorySegment(memory, 4 * index, NATIVE, mask);
  }

  /** The lanes that hold elements [from, end). */
  static VectorMask<Float> tail(long from, long end) {
    return FLOATS.indexInRange(from, end);
  }

  /** After the last element that whole vectors cover. */
  static long bound(long n) {
    return FLOATS.loopBound(n);
  }

  /** Pairwise: the upper half onto the lower, until one is left. */
  static float sum(FloatVector vector) {
    float[] lanes = vector.toArray();
    for (int half = lanes.length / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        lanes[i] += lanes[i + half];
      }
    }
    return lanes[0];
  }

  /** Pairwise, as the sum of floats. */
  static double sum(DoubleVector vector) {
    double[] lanes = vector.toArray();
    for (int half = lanes.length / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        lanes[i] += lanes[i + half];
      }
    }
    return lanes[0];
  }
}
