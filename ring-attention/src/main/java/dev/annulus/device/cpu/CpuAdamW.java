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
    long i = 0;
    for (; i < Lanes.bound(n); i += Lanes.WIDTH) {
      FloatVector g = Lanes.load(gradient, i).mul(gradientScale);
      FloatVector first = firstMoment(Lanes.load(m, i), g);
      FloatVector second = secondMoment(Lanes.load(v, i), g);
      Lanes.store(first, m, i);
      Lanes.store(second, v, i);
      Lanes.store(updated(Lanes.load(weights, i), first, second), weights, i);
    }
    if (i < n) {
      VectorMask<Float> tail = Lanes.tail(i, n);
      FloatVector g = Lanes.load(gradient, i, tail).mul(gradientScale);
      FloatVector first = firstMoment(Lanes.load(m, i, tail), g);
      FloatVector second = secondMoment(Lanes.load(v, i, tail), g);
      Lanes.store(first, m, i, tail);
      Lanes.store(second, v, i, tail);
      Lanes.store(updated(Lanes.load(weights, i, tail), first, second), weights, i, tail);
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
