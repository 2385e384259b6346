package dev.annulus.attention.cpu;

import dev.annulus.attention.AttentionShape;
import dev.annulus.device.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** delta: the dot product of each head of each row of two tensors, in a fixed order. */
final class RowDots {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private RowDots() {}

  static void dots(AttentionShape shape, Tensor left, Tensor right, Tensor result) {
    int dim = shape.headDim();
    for (long t = 0; t < left.rows(); t++) {
      for (int h = 0; h < shape.queryHeads(); h++) {
        long offset = 4 * (t * shape.queryColumns() + (long) h * dim);
        result
            .memory()
            .setAtIndex(
                FLOAT, h * left.rows() + t, dot(left.memory(), right.memory(), offset, dim));
      }
    }
  }

  /** In double: the terms of a delta cancel. */
  private static float dot(MemorySegment left, MemorySegment right, long offset, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
      sum += (double) left.get(FLOAT, offset + 4L * i) * right.get(FLOAT, offset + 4L * i);
    }
    return (float) sum;
  }
}
