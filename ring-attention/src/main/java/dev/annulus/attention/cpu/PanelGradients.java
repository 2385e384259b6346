package dev.annulus.attention.cpu;

import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.LT;

import dev.annulus.device.cpu.PanelProducts;
import dev.annulus.device.cpu.VectorExp;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * The elementwise part of attention's backward pass, for a block of queries: panels [queries, 8
 * keys], and the gradients of scores a second time as rows. They lie in one segment, since C2
 * compiles a loop over several again and again.
 *
 * @param queries most queries of a block, and most keys of a row
 */
record PanelGradients(int queries) {
  private static final VectorSpecies<Float> FLOATS = PanelRows.FLOATS;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_256;
  private static final ByteOrder NATIVE = ByteOrder.nativeOrder();
  private static final int LANES = PanelProducts.LANES;
  private static final long STRIDE = 4L * LANES;

  /** Rows a cache line longer, so that those of a panel do not share a few places of the cache. */
  private static final int ROW_PADDING = 16;

  /** Queries of a panel: there may be some more than count. */
  private int panelRows() {
    return queries + ScoreRange.BEYOND;
  }

  /** Floats of the segment. */
  long floats() {
    return rows() + (long) queries * rowStride();
  }

  /** Where the panel of scores, then of probabilities begins, in floats. */
  long scores() {
    return 0;
  }

  /** Where the panel of gradients of probabilities, then of scores begins. */
  long gradients() {
    return (long) panelRows() * LANES;
  }

  /** Where the gradients of scores as rows [queries, keys] begin. */
  long rows() {
    return 2L * panelRows() * LANES;
  }

  /** Floats from a row to the next. */
  int rowStride() {
    return queries + ROW_PADDING;
  }

  /** Zeros in both panels. */
  void clearPanels(MemorySegment work, int count) {
    work.asSlice(4 * scores(), STRIDE * count).fill((byte) 0);
    work.asSlice(4 * gradients(), STRIDE * count).fill((byte) 0);
  }

  /** Zeros in the first {@code count} rows. */
  void clearRows(MemorySegment work, int count) {
    work.asSlice(4 * rows(), 4L * count * rowStride()).fill((byte) 0);
  }

  /** Scores that make probabilities of zero where query {@code i} does not see the lane's key. */
  void mask(MemorySegment work, int first, int end, int[] from, int[] to, int query, int key) {
    IntVector keys = IntVector.broadcast(INTS, key).addIndex(1);
    for (int i = first; i < end; i++) {
      long at = 4 * scores() + i * STRIDE;
      VectorMask<Float> seen =
          keys.compare(GE, from[query + i]).and(keys.compare(LT, to[query + i])).cast(FLOATS);
      FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY)
          .blend(load(work, at), seen)
          .intoMemorySegment(work, at, NATIVE);
    }
  }

  /**
   * Of queries [first, end): scores become p = exp(s - lse), gradients ds = p (dp - delta), which
   * are written to columns from {@code column} of their rows too.
   */
  void apply(MemorySegment work, int first, int end, int column, float[] lse, float[] delta) {
    long gradientsAt = 4 * gradients();
    long rowsAt = 4 * (rows() + column);
    long rowBytes = 4L * rowStride();
    for (int i = first; i < end; i++) {
      long at = i * STRIDE;
      FloatVector s = load(work, at);
      FloatVector p = VectorExp.ofProbability(s.sub(lse[i]));
      p.intoMemorySegment(work, at, NATIVE);
      FloatVector ds = load(work, gradientsAt + at).sub(delta[i]).mul(p);
      ds.intoMemorySegment(work, gradientsAt + at, NATIVE);
      ds.intoMemorySegment(work, rowsAt + i * rowBytes, NATIVE);
    }
  }

  private static FloatVector load(MemorySegment memory, long at) {
    return FloatVector.fromMemorySegment(FLOATS, memory, at, NATIVE);
  }
}
