package dev.annulus.attention.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.PartialMerge;
import dev.annulus.attention.VisibleKeys.MaskClass;
import dev.annulus.device.cpu.OpenBlas;
import dev.annulus.device.cpu.OpenBlas.Operand;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Online softmax over tiles of keys. For each tile of query rows: scores' = K Q' / sqrt(d), their
 * exponentials, numerators += P V; at the end the tile's result is merged into (out, lse).
 */
final class ForwardTiles {
  private final TileMemory memory;
  private final TileRows rows;
  private final float[] max = new float[TileRows.LANES];
  private final float[] sum = new float[TileRows.LANES];
  private final float[] correction = new float[TileRows.LANES];

  ForwardTiles(TileMemory memory, TileSizes sizes) {
    this.memory = memory;
    this.rows = new TileRows(sizes);
  }

  /** One tile of query rows of a key head, against all keys that its rows see. */
  void run(ForwardCall call, int head, int tile) {
    int dim = call.shape().headDim();
    rows.set(call.shape(), call.mask(), head, tile);
    if (rows.firstKey() < rows.endKey()) {
      RowTranspose.transpose(call.q().memory(), rows, dim, memory.block(0));
      accumulate(call, head);
      merge(dim, call.out().memory(), call.lse().memory());
    }
  }

  /** Runs over the keys that any row of the tile sees; leaves numerators, maxima and sums. */
  private void accumulate(ForwardCall call, int head) {
    Arrays.fill(max, Float.NEGATIVE_INFINITY);
    Arrays.fill(sum, 0);
    memory.block(1).fill((byte) 0);
    int key = rows.firstKey();
    while (key < rows.endKey()) {
      int end = rows.endOfBlock(key);
      block(call, head, key, end);
      key = end;
    }
  }

  private void block(ForwardCall call, int head, int key, int end) {
    int lane = rows.firstLane(key, end);
    int endLane = rows.endLane(key, end);
    MaskClass maskClass = rows.classify(lane, endLane, key, end);
    if (maskClass == MaskClass.EMPTY) {
      return;
    }
    AttentionShape shape = call.shape();
    int dim = shape.headDim();
    int keys = end - key;
    int lanes = endLane - lane;
    long offset = (long) key * shape.kvColumns() + (long) head * dim;
    MemorySegment scores = memory.scores();
    OpenBlas.sgemm(
        keys,
        lanes,
        dim,
        shape.scale(),
        Operand.of(call.k().memory(), offset, shape.kvColumns()),
        Operand.of(memory.block(0), lane, TileRows.LANES),
        0,
        Operand.of(scores, lane, TileRows.LANES));
    if (maskClass == MaskClass.PARTIAL) {
      TileSoftmax.mask(scores, rows, lane, endLane, key, keys);
    }
    TileSoftmax.forward(scores, lane, endLane, keys, max, sum, correction);
    correct(lane, endLane, dim);
    OpenBlas.sgemm(
        lanes,
        dim,
        keys,
        1,
        Operand.transposeOf(scores, lane, TileRows.LANES),
        Operand.of(call.v().memory(), offset, shape.kvColumns()),
        1,
        Operand.of(memory.block(1), (long) lane * dim, dim));
  }

  /** Brings the numerators of rows whose maximum rose down to the new one. */
  private void correct(int firstLane, int endLane, int dim) {
    for (int lane = firstLane; lane < endLane; lane++) {
      if (correction[lane] != 1) {
        RowVectors.scale(memory.block(1), (long) lane * dim, dim, correction[lane]);
      }
    }
  }

  private void merge(int dim, MemorySegment out, MemorySegment lse) {
    for (int lane = 0; lane < rows.count(); lane++) {
      if (sum[lane] == 0) {
        continue; // saw nothing
      }
      long at = rows.statistic[lane];
      float before = lse.getAtIndex(JAVA_FLOAT, at);
      float here = (float) (max[lane] + Math.log(sum[lane]));
      float keep = PartialMerge.weight(before, here);
      float add = PartialMerge.weight(here, before) / sum[lane];
      long numerator = (long) lane * dim;
      RowVectors.combine(out, rows.offset[lane], keep, memory.block(1), numerator, add, dim);
      lse.setAtIndex(JAVA_FLOAT, at, PartialMerge.lse(before, here));
    }
  }
}
