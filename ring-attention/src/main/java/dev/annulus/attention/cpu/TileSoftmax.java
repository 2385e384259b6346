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

  /**
   * Scores of invisible pairs of lanes [firstLane, endLane) become negative infinity. Row j of the
   * tile is key keyStart + j.
   */
  static void mask(
      MemorySegment scores, TileRows rows, int firstLane, int endLane, int keyStart, int keys) {
    int common = Math.clamp((long) rows.firstCommon() - keyStart, 0, keys);
    int afterCommon = Math.clamp((long) rows.endCommon() - keyStart, common, keys);
    for (int lane = firstLane; lane < endLane; lane += WIDTH) {
      maskLanes(scores, rows, lane, keyStart, 0, common);
      maskLanes(scores, rows, lane, keyStart, afterCommon, keys);
    }
  }

  private static void maskLanes(
      MemorySegment scores, TileRows rows, int lane, int keyStart, int first, int end) {
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

  /**
   * Replaces scores s by exp(s - m) where m is each row's maximum so far, and updates the running
   * maximum and sum.
   *
   * @param firstLane first row, a multiple of the vector's width
   * @param max running maximum of each row, negative infinity at first
   * @param sum running sum of exponentials relative to {@code max}
   * @param correction out: what earlier numerators of each row are to be multiplied by
   */
  static void forward(
      MemorySegment scores,
      int firstLane,
      int endLane,
      int keys,
      float[] max,
      float[] sum,
      float[] correction) {
    System.arraycopy(max, firstLane, correction, firstLane, endLane - firstLane);
    raiseMaxima(scores, firstLane, endLane, keys, max);
    lowerSums(firstLane, endLane, max, sum, correction);
    addExponentials(scores, firstLane, endLane, keys, max, sum);
  }

  /** Replaces scores by p = exp(s - lse) and dp by ds = p (dp - delta). */
  static void backward(
      MemorySegment scores,
      MemorySegment dp,
      int firstLane,
      int endLane,
      int keys,
      float[] lse,
      float[] delta) {
    for (int lane = firstLane; lane < endLane; lane += WIDTH) {
      gradients(scores, dp, lane, keys, lse, delta);
    }
  }

  // The hot loops below hand over arrays rather than vectors: a vector that is returned from a
  // method that was not inlined costs an allocation, and its loop then runs at half speed.

  private static void gradients(
      MemorySegment scores, MemorySegment dp, int lane, int keys, float[] lse, float[] delta) {
    FloatVector logarithm = FloatVector.fromArray(FLOATS, lse, lane);
    FloatVector shift = FloatVector.fromArray(FLOATS, delta, lane);
    for (int j = 0; j < keys; j++) {
      long at = j * STRIDE + 4L * lane;
      FloatVector s = FloatVector.fromMemorySegment(FLOATS, scores, at, NATIVE);
      FloatVector p = VectorExp.ofProbability(s.sub(logarithm));
      p.intoMemorySegment(scores, at, NATIVE);
      FloatVector.fromMemorySegment(FLOATS, dp, at, NATIVE)
          .sub(shift)
          .mul(p)
          .intoMemorySegment(dp, at, NATIVE);
    }
  }

  private static void raiseMaxima(
      MemorySegment scores, int firstLane, int endLane, int keys, float[] max) {
    for (int lane = firstLane; lane < endLane; lane += WIDTH) {
      raiseMaximum(scores, lane, keys, max);
    }
  }

  /** A NaN may get lost here: it comes back with the exponentials. */
  private static void raiseMaximum(MemorySegment scores, int lane, int keys, float[] max) {
    FloatVector even = FloatVector.fromArray(FLOATS, max, lane);
    FloatVector odd = even;
    int pairs = keys / 2;
    for (int j = 0; j < pairs; j++) {
      long at = j * (2 * STRIDE) + 4L * lane;
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, scores, at, NATIVE);
      FloatVector b = FloatVector.fromMemorySegment(FLOATS, scores, at + STRIDE, NATIVE);
      even = even.blend(a, a.compare(GT, even)); // a third of the instructions of max()
      odd = odd.blend(b, b.compare(GT, odd));
    }
    if (2 * pairs < keys) {
      long at = (keys - 1) * STRIDE + 4L * lane;
      FloatVector a = FloatVector.fromMemorySegment(FLOATS, scores, at, NATIVE);
      even = even.blend(a, a.compare(GT, even));
    }
    even.blend(odd, odd.compare(GT, even)).intoArray(max, lane);
  }

  /** Correction holds the maxima before; it becomes what they make of sums and numerators. */
  private static void lowerSums(
      int firstLane, int endLane, float[] max, float[] sum, float[] correction) {
    for (int lane = firstLane; lane < endLane; lane += WIDTH) {
      FloatVector reference = finite(FloatVector.fromArray(FLOATS, max, lane));
      FloatVector before = FloatVector.fromArray(FLOATS, correction, lane);
      FloatVector change = VectorExp.ofProbability(before.sub(reference));
      FloatVector.fromArray(FLOATS, sum, lane).mul(change).intoArray(sum, lane);
      change.intoArray(correction, lane);
    }
  }

  private static void addExponentials(
      MemorySegment scores, int firstLane, int endLane, int keys, float[] max, float[] sum) {
    for (int lane = firstLane; lane < endLane; lane += WIDTH) {
      addExponentials(scores, lane, keys, max, sum);
    }
  }

  private static void addExponentials(
      MemorySegment scores, int lane, int keys, float[] max, float[] sum) {
    FloatVector reference = finite(FloatVector.fromArray(FLOATS, max, lane));
    FloatVector total = FloatVector.fromArray(FLOATS, sum, lane);
    for (int j = 0; j < keys; j++) {
      long at = j * STRIDE + 4L * lane;
      FloatVector s = FloatVector.fromMemorySegment(FLOATS, scores, at, NATIVE);
      FloatVector p = VectorExp.ofProbability(s.sub(reference));
      p.intoMemorySegment(scores, at, NATIVE);
      total = total.add(p);
    }
    total.intoArray(sum, lane);
  }

  /** For a row that has seen nothing any finite reference gives exp(-inf) = 0 and no NaN. */
  private static FloatVector finite(FloatVector max) {
    return max.blend(0f, max.compare(LT, -Float.MAX_VALUE));
  }
}
