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
    int common = Math.clamp((long) rows.firstCommon() - keyStart, 0, keys);
    int afterCommon = Math.clamp((long) rows.endCommon() - keyStart, common, keys);
    mask(scores, rows, keyStart, 0, common);
    mask(scores, rows, keyStart, afterCommon, keys);
  }

  private static void mask(MemorySegment scores, TileRows rows, int keyStart, int first, int end) {
    for (int lane = 0; lane < rows.count(); lane += WIDTH) {
      IntVector from = IntVector.fromArray(INTS, rows.from, lane).sub(keyStart);
      IntVector to = IntVector.fromArray(INTS, rows.to, lane).sub(keyStart);
      for (int j = first; j < end; j++) {
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
      FloatVector.fromArray(FLOATS, max, lane).intoArray(correction, lane);
      raiseMaximum(scores, lane, keys, max);
      FloatVector reference = finite(FloatVector.fromArray(FLOATS, max, lane));
      FloatVector change =
          VectorExp.exp(FloatVector.fromArray(FLOATS, correction, lane).sub(reference));
      FloatVector.fromArray(FLOATS, sum, lane).mul(change).intoArray(sum, lane);
      change.intoArray(correction, lane);
      addExponentials(scores, lane, keys, max, sum);
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

  // The hot loops below hand over arrays rather than vectors: a vector that is returned from a
  // method that was not inlined costs an allocation, and its loop then runs at half speed.

  /** A NaN may get lost here: it comes back with the exponentials. */
  private static void raiseMaximum(MemorySegment scores, int lane, int keys, float[] max) {
    FloatVector even = FloatVector.fromArray(FLOATS, max, lane);
    FloatVector odd = even;
    long at = 4L * lane;
    int j = 0;
    for (; j + 1 < keys; j += 2) {
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, scores, at, NATIVE);
      FloatVector b = FloatVector.fromMemorySegment(FLOATS, scores, at + STRIDE, NATIVE);
      even = even.blend(a, a.compare(GT, even)); // a third of the instructions of max()
      odd = odd.blend(b, b.compare(GT, odd));
      at += 2 * STRIDE;
    }
    if (j < keys) {
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, scores, at, NATIVE);
      even = even.blend(a, a.compare(GT, even));
    }
    even.blend(odd, odd.compare(GT, even)).intoArray(max, lane);
  }

  private static void addExponentials(
      MemorySegment scores, int lane, int keys, float[] max, float[] sum) {
    FloatVector reference = finite(FloatVector.fromArray(FLOATS, max, lane));
    FloatVector total = FloatVector.zero(FLOATS);
    for (int j = 0; j < keys; j++) {
      long at = j * STRIDE + 4L * lane;
      FloatVector s = FloatVector.fromMemorySegment(FLOATS, scores, at, NATIVE);
      FloatVector p = VectorExp.exp(s.sub(reference));
      p.intoMemorySegment(scores, at, NATIVE);
      total = total.add(p);
    }
    total.add(FloatVector.fromArray(FLOATS, sum, lane)).intoArray(sum, lane);
  }

  /** For a row that has seen nothing any finite reference gives exp(-inf) = 0 and no NaN. */
  private static FloatVector finite(FloatVector max) {
    return max.blend(0f, max.compare(LT, -Float.MAX_VALUE));
  }
}
