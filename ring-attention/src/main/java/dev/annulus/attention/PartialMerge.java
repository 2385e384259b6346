package dev.annulus.attention;

import dev.annulus.device.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The merge law of two partial attentions of the same query over disjoint keys: lse = max +
 * log1p(exp(min - max)), out = out1 exp(lse1 - lse) + out2 exp(lse2 - lse), in fp32. A side that
 * saw no key has lse negative infinity and weight 0; a NaN on either side stays visible.
 */
public final class PartialMerge {
  private PartialMerge() {}

  /** The logarithm of the sum of both sides' exponentials. */
  public static float lse(float left, float right) {
    float max = Math.max(left, right);
    float min = Math.min(left, right);
    return min == Float.NEGATIVE_INFINITY
        ? max
        : (float) (max + Math.log1p(Math.exp((double) min - max)));
  }

  /**
   * Share of {@code side} in the merged output. Of the difference of both logarithms rather than of
   * the rounded total, so that the two shares sum to one.
   */
  public static float weight(float side, float other) {
    return side == Float.NEGATIVE_INFINITY
        ? 0
        : (float) (1 / (1 + Math.exp((double) other - side)));
  }

  /** Folds {@code n} elements at {@code part} into those at {@code out} (byte offsets). */
  private static void mergeRow(
      MemorySegment out,
      long outOffset,
      float outLse,
      MemorySegment part,
      long partOffset,
      float partLse,
      int n) {
    float outWeight = weight(outLse, partLse);
    float partWeight = weight(partLse, outLse);
    if (partWeight == 0) {
      return; // also keeps a row nobody saw at its zeros
    }
    for (long i = 0; i < 4L * n; i += 4) {
      float kept = outWeight * out.get(ValueLayout.JAVA_FLOAT, outOffset + i);
      float added = partWeight * part.get(ValueLayout.JAVA_FLOAT, partOffset + i);
      out.set(ValueLayout.JAVA_FLOAT, outOffset + i, kept + added);
    }
  }

  /**
   * Folds a partial result into another; memory must be of the CPU.
   *
   * @param out [queries, queryHeads * headDim], read and written
   * @param lse [queryHeads, queries], read and written
   * @param partOut like {@code out}
   * @param partLse like {@code lse}
   */
  public static void merge(
      AttentionShape shape, Tensor out, Tensor lse, Tensor partOut, Tensor partLse) {
    for (int h = 0; h < shape.queryHeads(); h++) {
      for (long t = 0; t < out.rows(); t++) {
        long offset = 4 * (t * shape.queryColumns() + (long) h * shape.headDim());
        float left = lse.getFloat(h, t);
        float right = partLse.getFloat(h, t);
        mergeRow(out.memory(), offset, left, partOut.memory(), offset, right, shape.headDim());
        lse.setFloat(h, t, lse(left, right));
      }
    }
  }
}
