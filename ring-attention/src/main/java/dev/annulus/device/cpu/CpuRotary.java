package dev.annulus.device.cpu;

import dev.annulus.device.Tensor;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Rotary embedding in place, half-split. */
final class CpuRotary {
  private CpuRotary() {}

  /** Rows [from, to). */
  static void rotate(
      Tensor x, int headDim, Tensor cos, Tensor sin, boolean inverse, long from, long to) {
    long half = headDim / 2;
    for (long t = from; t < to; t++) {
      for (long i = 0; i < half; i += Lanes.WIDTH) {
        VectorMask<Float> mask = Lanes.tail(i, half);
        FloatVector c = Lanes.load(cos.memory(), t * half + i, mask);
        FloatVector s = Lanes.load(sin.memory(), t * half + i, mask);
        FloatVector signed = inverse ? s.neg() : s;
        turnHeads(x.memory(), t * x.columns() + i, (t + 1) * x.columns(), half, c, signed, mask);
      }
    }
  }

  /** The same lanes of every head of a token, as all turn by the same angles. */
  private static void turnHeads(
      MemorySegment x,
      long start,
      long end,
      long half,
      FloatVector c,
      FloatVector s,
      VectorMask<Float> mask) {
    for (long first = start; first < end; first += 2 * half) {
      FloatVector a = Lanes.load(x, first, mask);
      FloatVector b = Lanes.load(x, first + half, mask);
      Lanes.store(a.mul(c).sub(b.mul(s)), x, first, mask);
      Lanes.store(b.mul(c).add(a.mul(s)), x, first + half, mask);
    }
  }
}
