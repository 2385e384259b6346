package dev.annulus.attention.cpu;

import dev.annulus.attention.AttentionShape;
import dev.annulus.device.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** delta: the dot product of each head of each row of two tensors, in a fixed order. */
final class RowDots {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
  private static final ByteOrder NATIVE = ByteOrder.nativeOrder();
  private static final VectorSpecies<Double> DOUBLES = DoubleVector.SPECIES_PREFERRED;

  /** As many floats as there are lanes of doubles. */
  private static final VectorSpecies<Float> FLOATS =
      VectorSpecies.of(float.class, VectorShape.forBitSize(DOUBLES.vectorBitSize() / 2));

  private RowDots() {}

  /** Rows [from, to). */
  static void dots(
      AttentionShape shape, Tensor left, Tensor right, Tensor result, long from, long to) {
    int dim = shape.headDim();
    double[] lanes = new double[DOUBLES.length()];
    for (long t = from; t < to; t++) {
      for (int h = 0; h < shape.queryHeads(); h++) {
        long offset = 4 * (t * shape.queryColumns() + (long) h * dim);
        addProducts(left.memory(), right.memory(), offset, dim, lanes);
        float delta = (float) total(lanes, left.memory(), right.memory(), offset, dim);
        result.memory().setAtIndex(FLOAT, h * left.rows() + t, delta);
      }
    }
  }

  /** In double: the terms of a delta cancel. Leaves one sum for each lane of whole vectors. */
  private static void addProducts(
      MemorySegment left, MemorySegment right, long offset, int n, double[] lanes) {
    DoubleVector sum = DoubleVector.zero(DOUBLES);
    for (int i = 0; i < FLOATS.loopBound(n); i += FLOATS.length()) {
      sum = load(left, offset + 4L * i).fma(load(right, offset + 4L * i), sum);
    }
    sum.intoArray(lanes, 0);
  }

  private static double total(
      double[] lanes, MemorySegment left, MemorySegment right, long offset, int n) {
    double sum = 0;
    for (double lane : lanes) {
      sum += lane;
    }
    for (int i = FLOATS.loopBound(n); i < n; i++) {
      sum += (double) left.get(FLOAT, offset + 4L * i) * right.get(FLOAT, offset + 4L * i);
    }
    return sum;
  }

  private static DoubleVector load(MemorySegment memory, long offset) {
    FloatVector values = FloatVector.fromMemorySegment(FLOATS, memory, offset, NATIVE);
    return (DoubleVector) values.convertShape(VectorOperators.F2D, DOUBLES, 0);
  }
}
