package dev.annulus.device.cpu;

import dev.annulus.device.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/** RMSNorm and its gradients, row by row. */
final class CpuRmsNorm {
  private CpuRmsNorm() {}

  /** Rows [from, to). */
  static void forward(
      Tensor x, Tensor weight, float eps, Tensor y, Tensor inverseRms, long from, long to) {
    long n = x.columns();
    for (long t = from; t < to; t++) {
      float squares = dot(x.memory(), x.memory(), t * n, n);
      float r = (float) (1 / Math.sqrt((double) squares / n + eps));
      inverseRms.memory().setAtIndex(ValueLayout.JAVA_FLOAT, t, r);
      scale(x.memory(), weight.memory(), r, y.memory(), t * n, n);
    }
  }

  /** dx += r (w dy - x r^2 mean(w dy x)), rows [from, to). */
  static void inputGradient(
      Tensor dy, Tensor x, Tensor weight, Tensor inverseRms, Tensor dx, long from, long to) {
    long n = x.columns();
    for (long t = from; t < to; t++) {
      float r = inverseRms.memory().getAtIndex(ValueLayout.JAVA_FLOAT, t);
      float dot = weightedDot(dy.memory(), x.memory(), weight.memory(), t * n, n);
      float factor = (float) ((double) r * r * r * dot / n);
      inputGradient(dy.memory(), x.memory(), weight.memory(), r, factor, dx.memory(), t * n, n);
    }
  }

  /** dWeight += dy x r, columns [from, to) of all rows in their order. */
  static void weightGradient(
      Tensor dy, Tensor x, Tensor inverseRms, Tensor dWeight, long from, long to) {
    MemorySegment columns = dWeight.memory().asSlice(4 * from, 4 * (to - from));
    for (long t = 0; t < x.rows(); t++) {
      float r = inverseRms.memory().getAtIndex(ValueLayout.JAVA_FLOAT, t);
      weightGradient(dy.memory(), x.memory(), r, columns, t * x.columns() + from, to - from);
    }
  }

  private static float dot(MemorySegment a, MemorySegment b, long at, long n) {
    FloatVector sum = FloatVector.zero(Lanes.FLOATS);
    long i = 0;
    for (; i < Lanes.bound(n); i += Lanes.WIDTH) {
      sum = Lanes.load(a, at + i).fma(Lanes.load(b, at + i), sum);
    }
    if (i < n) {
      var tail = Lanes.tail(i, n);
      sum = Lanes.load(a, at + i, tail).fma(Lanes.load(b, at + i, tail), sum);
    }
    return Lanes.sum(sum);
  }

  private static float weightedDot(
      MemorySegment dy, MemorySegment x, MemorySegment weight, long at, long n) {
    FloatVector sum = FloatVector.zero(Lanes.FLOATS);
    long i = 0;
    for (; i < Lanes.bound(n); i += Lanes.WIDTH) {
      FloatVector scaled = Lanes.load(dy, at + i).mul(Lanes.load(weight, i));
      sum = scaled.fma(Lanes.load(x, at + i), sum);
    }
    if (i < n) {
      var tail = Lanes.tail(i, n);
      FloatVector scaled = Lanes.load(dy, at + i, tail).mul(Lanes.load(weight, i, tail));
      sum = scaled.fma(Lanes.load(x, at + i, tail), sum);
    }
    return Lanes.sum(sum);
  }

  private static void scale(
      MemorySegment x, MemorySegment weight, float r, MemorySegment y, long at, long n) {
    long i = 0;
    for (; i < Lanes.bound(n); i += Lanes.WIDTH) {
      Lanes.store(Lanes.load(x, at + i).mul(r).mul(Lanes.load(weight, i)), y, at + i);
    }
    if (i < n) {
      var tail = Lanes.tail(i, n);
      FloatVector scaled = Lanes.load(x, at + i, tail).mul(r).mul(Lanes.load(weight, i, tail));
      Lanes.store(scaled, y, at + i, tail);
    }
  }

  private static void inputGradient(
      MemorySegment dy,
      MemorySegment x,
      MemorySegment weight,
      float r,
      float factor,
      MemorySegment dx,
      long at,
      long n) {
    // A loop over an int: with four segments under a long counter C2 deoptimises and compiles the
    // method again at every few calls (profiled loop predicates), for as long as it runs.
    int bound = (int) Lanes.bound(n);
    for (int i = 0; i < bound; i += Lanes.WIDTH) {
      FloatVector direct = Lanes.load(dy, at + i).mul(Lanes.load(weight, i)).mul(r);
      FloatVector gradient = Lanes.load(x, at + i).mul(-factor).add(direct);
      Lanes.store(gradient.add(Lanes.load(dx, at + i)), dx, at + i);
    }
    if (bound < n) {
      var tail = Lanes.tail(bound, n);
      long end = at + bound;
      FloatVector direct = Lanes.load(dy, end, tail).mul(Lanes.load(weight, bound, tail)).mul(r);
      FloatVector gradient = Lanes.load(x, end, tail).mul(-factor).add(direct);
      Lanes.store(gradient.add(Lanes.load(dx, end, tail)), dx, end, tail);
    }
  }

  private static void weightGradient(
      MemorySegment dy, MemorySegment x, float r, MemorySegment dWeight, long at, long n) {
    long i = 0;
    for (; i < Lanes.bound(n); i += Lanes.WIDTH) {
      FloatVector product = Lanes.load(dy, at + i).mul(Lanes.load(x, at + i)).mul(r);
      Lanes.store(product.add(Lanes.load(dWeight, i)), dWeight, i);
    }
    if (i < n) {
      var tail = Lanes.tail(i, n);
      FloatVector product = Lanes.load(dy, at + i, tail).mul(Lanes.load(x, at + i, tail)).mul(r);
      Lanes.store(product.add(Lanes.load(dWeight, i, tail)), dWeight, i, tail);
    }
  }
}
