package dev.annulus.attention.cpu;

import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;

import dev.annulus.device.cpu.VectorExp;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * The elementwise part of attention on a tile of transposed scores [keys, {@link TileRows#LANES}]:
 * masking, the online softmax and the gradient of the scores. Each vector lane is a query row.
 */
final class TileSoftmax {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS = FLOATS.vectorShape().withLanes(int.class);
  private static final ByteOrder NATIVE = ByteOrder.nativeOrder();
  private static final int WIDTH = FLOATS.length();
  private static final long STRIDE = 4L * TileRows.LANES;

  private TileSoftmax() {}

  /** Scores of invisible pairs become negative infinity. Row j of the tile is key keyStart + j. */
  static void mask(MemorySegment scores, TileRows rows, int keyStart, int keys) {
    for (int lane = 0; lane < rows.count(); lane += WIDTH) {
      IntVector from = IntVector.fromArray(INTS, rows.from, lane).sub(keyStart);
      IntVector to = IntVector.fromArray(INTS, rows.to, lane).sub(keyStart);
      for (int j = 0; j < keys; j++) {
        long at = j * STRIDE + 4L * lane;
        IntVector key = IntVector.broadcast(INTS, j);
        VectorMask<Float> visible = key.compare(GE, from).and(key.compare(LT, to)).cast(FLOATS);
        FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY)
            .blend(FloatVector.fromMemorySegment(FLOATS, scores, at, NATIVE), visible)
            .intoMemorySegment(scores, at, NATIVE);
      }
    }
  }

  /**
   * Replaces scores s by exp(s - m) where m is each row's maximum so far, and updates the running
   * maximum and sum.
   *
   * @param max running maximum of each row, negative infinity at first
   * @param sum running sum of exponentials relative to {@code max}
   * @param correction out: what earlier numerators of each row are to be multiplied by
   */
  static void forward(
      MemorySegment scores, int rows, int keys, float[] max, float[] sum, float[] correction) {
    for (int lane = 0; lane < rows; lane += WIDTH) {
      FloatVector before = FloatVector.fromArray(FLOATS, max, lane);
      FloatVector after = larger(before, columnMax(scores, lane, keys));
      // A row that has seen nothing: any finite reference gives exp(-inf) = 0 and no NaN.
      FloatVector reference = after.blend(0f, after.compare(LT, -Float.MAX_VALUE));
      FloatVector change = VectorExp.exp(before.sub(reference));
      FloatVector total = exponentials(scores, lane, keys, reference);
      FloatVector.fromArray(FLOATS, sum, lane).fma(change, total).intoArray(sum, lane);
      after.intoArray(max, lane);
      change.intoArray(correction, lane);
    }
  }

  /** Replaces scores by p = exp(s - lse) and dp by ds = p (dp - delta). */
  static void backward(
      MemorySegment scores, MemorySegment dp, int rows, int keys, float[] lse, float[] delta) {
    for (int lane = 0; lane < rows; lane += WIDTH) {
      FloatVector logarithm = FloatVector.fromArray(FLOATS, lse, lane);
      FloatVector shift = FloatVector.fromArray(FLOATS, delta, lane);
      for (int j = 0; j < keys; j++) {
        long at = j * STRIDE + 4L * lane;
        FloatVector s = FloatVector.fromMemorySegment(FLOATS, scores, at, NATIVE);
        FloatVector p = VectorExp.exp(s.sub(logarithm));
        p.intoMemorySegment(scores, at, NATIVE);
        FloatVector.fromMemorySegment(FLOATS, dp, at, NATIVE)
            .sub(shift)
            .mul(p)
            .intoMemorySegment(dp, at, NATIVE);
      }
    }
  }

  private static FloatVector columnMax(MemorySegment scores, int lane, int keys) {
    FloatVector even = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
    FloatVector odd = even;
    long at = 4L * lane;
    int j = 0;
    for (; j + 1 < keys; j += 2) {
      even = larger(even, FloatVector.fromMemorySegment(FLOATS, scores, at, NATIVE));
      odd = larger(odd, FloatVector.fromMemorySegment(FLOATS, scores, at + STRIDE, NATIVE));
      at += 2 * STRIDE;
    }
    if (j < keys) {
      even = larger(even, FloatVector.fromMemorySegment(FLOATS, scores, at, NATIVE));
    }
    return larger(even, odd);
  }

  private static FloatVector exponentials(
      MemorySegment scores, int lane, int keys, FloatVector reference) {
    FloatVector total = FloatVector.zero(FLOATS);
    for (int j = 0; j < keys; j++) {
      long at = j * STRIDE + 4L * lane;
      FloatVector s = FloatVector.fromMemorySegment(FLOATS, scores, at, NATIVE);
      FloatVector p = VectorExp.exp(s.sub(reference));
      p.intoMemorySegment(scores, at, NATIVE);
      total = total.add(p);
    }
    return total;
  }

  /**
   * The larger of each pair, two instructions instead of the six of max(). A NaN may get lost here:
   * it comes back with the exponentials.
   */
  private static FloatVector larger(FloatVector left, FloatVector right) {
    return left.blend(right, right.compare(GT, left));
  }
}
