package dev.annulus.device.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.annulus.device.KernelShapes;
import dev.annulus.device.Tensor;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Cross-entropy of rows of logits, and their gradient in place. */
final class CpuCrossEntropy {
  /** Exponentials that are summed in fp32 before the sum goes to a double. */
  private static final long CHUNK = 1024;

  private CpuCrossEntropy() {}

  /** Rows [from, to). */
  static void run(
      Tensor logits,
      Tensor targets,
      Tensor weights,
      Tensor losses,
      float gradientScale,
      long from,
      long to) {
    boolean withGradient = !Float.isNaN(gradientScale);
    long n = logits.columns();
    for (long t = from; t < to; t++) {
      float weight = weights.memory().getAtIndex(JAVA_FLOAT, t);
      MemorySegment row = logits.memory().asSlice(4 * t * n, 4 * n);
      losses.memory().setAtIndex(JAVA_FLOAT, t, 0);
      if (weight != 0) {
        int target = targets.memory().getAtIndex(JAVA_INT, t);
        KernelShapes.checkId("target", t, target, n);
        float loss = row(row, n, target, weight * gradientScale, withGradient);
        losses.memory().setAtIndex(JAVA_FLOAT, t, loss);
      } else if (withGradient) {
        row.fill((byte) 0);
      }
    }
  }

  private static float row(
      MemorySegment row, long n, int target, float factor, boolean withGradient) {
    float max = max(row, n);
    float logit = row.getAtIndex(JAVA_FLOAT, target);
    double sum = 0;
    for (long from = 0; from < n; from += CHUNK) {
      sum += exponentials(row, from, Math.min(n, from + CHUNK), max, withGradient);
    }
    if (withGradient) {
      CpuElementwise.scale(row, n, (float) (factor / sum));
      double probability = Math.exp((double) logit - max) / sum;
      row.setAtIndex(JAVA_FLOAT, target, (float) (factor * (probability - 1)));
    }
    return (float) (Math.log(sum) + max - logit);
  }

  /** A NaN may get lost here; it comes back with the exponentials. */
  private static float max(MemorySegment row, long n) {
    FloatVector max = FloatVector.broadcast(Lanes.FLOATS, Float.NEGATIVE_INFINITY);
    long i = 0;
    for (; i < Lanes.bound(n); i += Lanes.WIDTH) {
      FloatVector x = Lanes.load(row, i);
      max = max.blend(x, x.compare(VectorOperators.GT, max));
    }
    float result = Float.NEGATIVE_INFINITY;
    for (float lane : max.toArray()) {
      result = Math.max(result, lane);
    }
    for (; i < n; i++) {
      result = Math.max(result, row.getAtIndex(JAVA_FLOAT, i));
    }
    return result;
  }

  /** Sum of exp(x - max) over [from, end), which replaces x if {@code keep}. */
  private static float exponentials(
      MemorySegment row, long from, long end, float max, boolean keep) {
    FloatVector sum = FloatVector.zero(Lanes.FLOATS);
    long i = from;
    for (; i + Lanes.WIDTH <= end; i += Lanes.WIDTH) {
      FloatVector e = VectorExp.exp(Lanes.load(row, i).sub(max));
      sum = sum.add(e);
      if (keep) {
        Lanes.store(e, row, i);
      }
    }
    if (i < end) {
      var tail = Lanes.tail(i, end);
      FloatVector e = VectorExp.exp(Lanes.load(row, i, tail).sub(max));
      sum = sum.add(e, tail);
      if (keep) {
        Lanes.store(e, row, i, tail);
      }
    }
    return Lanes.sum(sum);
  }
}
