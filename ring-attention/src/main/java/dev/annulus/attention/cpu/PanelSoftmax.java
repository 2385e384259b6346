package dev.annulus.attention.cpu;

import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;

import dev.annulus.attention.VisibleKeys;
import dev.annulus.device.cpu.PanelProducts;
import dev.annulus.device.cpu.VectorExp;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * The elementwise part of attention on panels: forward [keys, 8 queries], where running maxima and
 * sums need no reduction across lanes.
 */
final class PanelSoftmax {
  private static final VectorSpecies<Float> FLOATS = PanelRows.FLOATS;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_256;
  private static final ByteOrder NATIVE = ByteOrder.nativeOrder();
  private static final int LANES = PanelProducts.LANES;
  private static final long STRIDE = 4L * LANES;

  private PanelSoftmax() {}

  /**
   * Scores of invisible pairs become negative infinity; row j of the panel is key {@code key+j}.
   */
  static void mask(
      MemorySegment scores,
      VisibleKeys visible,
      int query,
      int lanes,
      int key,
      int first,
      int end) {
    VectorMask<Integer> rows = INTS.indexInRange(0, lanes);
    IntVector from = IntVector.fromArray(INTS, visible.from(), query, rows).sub(key);
    IntVector to = IntVector.fromArray(INTS, visible.to(), query, rows).sub(key);
    to = to.blend(0, rows.not());
    from = from.blend(Integer.MAX_VALUE, rows.not());
    for (int j = first; j < end; j++) {
      IntVector at = IntVector.broadcast(INTS, j);
      VectorMask<Float> seen = at.compare(GE, from).and(at.compare(LT, to)).cast(FLOATS);
      FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY)
          .blend(load(scores, j * STRIDE), seen)
          .intoMemorySegment(scores, j * STRIDE, NATIVE);
    }
  }

  /**
   * Replaces scores s of rows [first, end) by exp(s - m) where m is each lane's maximum so far, and
   * updates the running maximum and sum, which stand at {@code at}.
   *
   * @param correction out: what earlier numerators of each lane are to be multiplied by
   * @return whether any correction is not 1
   */
  static boolean forward(
      MemorySegment scores,
      int first,
      int end,
      float[] max,
      float[] sum,
      int at,
      float[] correction) {
    System.arraycopy(max, at, correction, 0, LANES);
    raiseMaximum(scores, first, end, max, at);
    boolean raised = lowerSums(max, sum, at, correction);
    addExponentials(scores, first, end, max, sum, at);
    return raised;
  }

  /** A NaN may get lost here: it comes back with the exponentials. */
  private static void raiseMaximum(MemorySegment scores, int first, int end, float[] max, int at) {
    FloatVector a = FloatVector.fromArray(FLOATS, max, at);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    int j = first;
    for (; j + 4 <= end; j += 4) {
      long place = j * STRIDE;
      FloatVector w = load(scores, place);
      FloatVector x = load(scores, place + STRIDE);
      FloatVector y = load(scores, place + 2 * STRIDE);
      FloatVector z = load(scores, place + 3 * STRIDE);
      a = a.blend(w, w.compare(GT, a)); // a third of the instructions of max()
      b = b.blend(x, x.compare(GT, b));
      c = c.blend(y, y.compare(GT, c));
      d = d.blend(z, z.compare(GT, d));
    }
    for (; j < end; j++) {
      FloatVector w = load(scores, j * STRIDE);
      a = a.blend(w, w.compare(GT, a));
    }
    a = a.blend(b, b.compare(GT, a));
    c = c.blend(d, d.compare(GT, c));
    a.blend(c, c.compare(GT, a)).intoArray(max, at);
  }

  /** Correction holds the maxima before; it becomes what they make of sums and numerators. */
  private static boolean lowerSums(float[] max, float[] sum, int at, float[] correction) {
    FloatVector before = FloatVector.fromArray(FLOATS, correction, 0);
    FloatVector after = FloatVector.fromArray(FLOATS, max, at);
    if (!after.compare(GT, before).anyTrue()) {
      return false;
    }
    FloatVector change = VectorExp.ofProbability(before.sub(finite(after)));
    FloatVector.fromArray(FLOATS, sum, at).mul(change).intoArray(sum, at);
    change.intoArray(correction, 0);
    return true;
  }

  private static void addExponentials(
      MemorySegment scores, int first, int end, float[] max, float[] sum, int at) {
    FloatVector reference = finite(FloatVector.fromArray(FLOATS, max, at));
    FloatVector even = FloatVector.fromArray(FLOATS, sum, at);
    FloatVector odd = FloatVector.zero(FLOATS);
    int j = first;
    for (; j + 2 <= end; j += 2) {
      long place = j * STRIDE;
      FloatVector p = VectorExp.ofProbability(load(scores, place).sub(reference));
      FloatVector r = VectorExp.ofProbability(load(scores, place + STRIDE).sub(reference));
      p.intoMemorySegment(scores, place, NATIVE);
      r.intoMemorySegment(scores, place + STRIDE, NATIVE);
      even = even.add(p);
      odd = odd.add(r);
    }
    if (j < end) {
      FloatVector p = VectorExp.ofProbability(load(scores, j * STRIDE).sub(reference));
      p.intoMemorySegment(scores, j * STRIDE, NATIVE);
      even = even.add(p);
    }
    even.add(odd).intoArray(sum, at);
  }

  /** For a lane that has seen nothing any finite reference gives exp(-inf) = 0 and no NaN. */
  private static FloatVector finite(FloatVector max) {
    return max.blend(0f, max.compare(LT, -Float.MAX_VALUE));
  }

  /** Multiplies each lane of a panel [n, 8] by its factor. */
  static void scale(MemorySegment panel, long index, int n, float[] factors) {
    FloatVector factor = FloatVector.fromArray(FLOATS, factors, 0);
    for (int j = 0; j < n; j++) {
      long at = 4 * index + j * STRIDE;
      load(panel, at).mul(factor).intoMemorySegment(panel, at, NATIVE);
    }
  }

  private static FloatVector load(MemorySegment memory, long at) {
    return FloatVector.fromMemorySegment(FLOATS, memory, at, NATIVE);
  }
}
