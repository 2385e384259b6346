package dev.annulus.device.cpu;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * One AdamW step on fp32 vectors, factors computed in double and rounded once, as torch does.
 *
 * @param decay 1 - learningRate * weightDecay
 * @param stepSize learningRate / (1 - beta1^step)
 * @param inverseRoot 1 / sqrt(1 - beta2^step)
 */
record CpuAdamW(
    float gradientScale,
    float decay,
    float oneMinusBeta1,
    float beta2,
    float oneMinusBeta2,
    float stepSize,
    float inverseRoot,
    float eps) {
  /**
   * Elements that stay in the cache between the two loops. They are two because C2 (25.0.3)
   * deoptimises and compiles one loop over all four segments again every few calls, for as long as
   * it runs (profiled loop predicates): that took half of a core.
   */
  private static final int CHUNK = 4096;

  static CpuAdamW of(
      float gradientScale,
      double learningRate,
      double beta1,
      double beta2,
      double eps,
      double weightDecay,
      long step) {
    if (step < 1) {
      throw new IllegalArgumentException("AdamW step " + step + ", expected 1 or more");
    }
    return new CpuAdamW(
        gradientScale,
        (float) (1 - learningRate * weightDecay),
        (float) (1 - beta1),
        (float) beta2,
        (float) (1 - beta2),
        (float) (learningRate / (1 - Math.pow(beta1, (double) step))),
        (float) (1 / Math.sqrt(1 - Math.pow(beta2, (double) step))),
        (float) eps);
  }

  /** Updates weights and both moments of n elements. */
  void apply(
      MemorySegment weights, MemorySegment gradient, MemorySegment m, MemorySegment v, long n) {
    for (long from = 0; from < n; from += CHUNK) {
      int count = (int) Math.min(CHUNK, n - from);
      MemorySegment first = m.asSlice(4 * from, 4L * count);
      MemorySegment second = v.asSlice(4 * from, 4L * count);
      updateMoments(gradient.asSlice(4 * from, 4L * count), first, second, count);
      updateWeights(weights.asSlice(4 * from, 4L * count), first, second, count);
    }
  }

  private void updateMoments(MemorySegment gradient, MemorySegment m, MemorySegment v, int n) {
    int bound = (int) Lanes.bound(n);
    for (int i = 0; i < bound; i += Lanes.WIDTH) {
      FloatVector g = Lanes.load(gradient, i).mul(gradientScale);
      Lanes.store(firstMoment(Lanes.load(m, i), g), m, i);
      Lanes.store(secondMoment(Lanes.load(v, i), g), v, i);
    }
    if (bound < n) {
      VectorMask<Float> tail = Lanes.tail(bound, n);
      FloatVector g = Lanes.load(gradient, bound, tail).mul(gradientScale);
      Lanes.store(firstMoment(Lanes.load(m, bound, tail), g), m, bound, tail);
      Lanes.store(secondMoment(Lanes.load(v, bound, tail), g), v, bound, tail);
    }
  }

  private void updateWeights(MemorySegment weights, MemorySegment m, MemorySegment v, int n) {
    int bound = (int) Lanes.bound(n);
    for (int i = 0; i < bound; i += Lanes.WIDTH) {
      FloatVector updated = updated(Lanes.load(weights, i), Lanes.load(m, i), Lanes.load(v, i));
      Lanes.store(updated, weights, i);
    }
    if (bound < n) {
      VectorMask<Float> tail = Lanes.tail(bound, n);
      FloatVector updated =
          updated(
              Lanes.load(weights, bound, tail),
              Lanes.load(m, bound, tail),
              Lanes.load(v, bound, tail));
      Lanes.store(updated, weights, bound, tail);
    }
  }

  /** m + (1 - beta1) (g - m). */
  private FloatVector firstMoment(FloatVector m, FloatVector g) {
    return g.sub(m).mul(oneMinusBeta1).add(m);
  }

  private FloatVector secondMoment(FloatVector v, FloatVector g) {
    return v.mul(beta2).add(g.mul(g).mul(oneMinusBeta2));
  }

  private FloatVector updated(FloatVector w, FloatVector m, FloatVector v) {
    FloatVector denominator = v.sqrt().mul(inverseRoot).add(eps);
    return w.mul(decay).sub(m.div(denominator).mul(stepSize));
  }
}
