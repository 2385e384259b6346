package dev.annulus.attention.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.PartialMerge;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.attention.VisibleKeys.MaskClass;
import dev.annulus.device.Tensor;
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
  private final TileRows rows = new TileRows();
  private final float[] max = new float[TileRows.LANES];
  private final float[] sum = new float[TileRows.LANES];
  private final float[] correction = new float[TileRows.LANES];

  ForwardTiles(TileMemory memory) {
    this.memory = memory;
  }

  void run(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      VisibleKeys mask,
      Tensor out,
      Tensor lse) {
    memory.reserve(shape.headDim());
    int allRows = mask.queries() * shape.groupSize();
    for (int head = 0; head < shape.kvHeads(); head++) {
      for (int start = 0; start < allRows; start += TileRows.LANES) {
        rows.set(shape, mask, head, start, Math.min(TileRows.LANES, allRows - start));
        int firstKey = rows.firstKey();
        int endKey = rows.endKey();
        if (firstKey < endKey) {
          RowTranspose.transpose(q.memory(), rows, shape.headDim(), memory.block(0));
          accumulate(shape, head, k.memory(), v.memory(), firstKey, endKey);
          merge(shape.headDim(), out.memory(), lse.memory());
        }
      }
    }
  }

  /** Runs over the keys that any row of the tile sees; leaves numerators, maxima and sums. */
  private void accumulate(
      AttentionShape shape, int head, MemorySegment k, MemorySegment v, int firstKey, int endKey) {
    int dim = shape.headDim();
    int count = rows.count();
    int step = TileMemory.keys(dim);
    Operand queries = Operand.of(memory.block(0), 0, TileRows.LANES);
    Operand scores = Operand.of(memory.scores(), 0, TileRows.LANES);
    Operand probabilities = Operand.transposeOf(memory.scores(), 0, TileRows.LANES);
    Operand numerators = Operand.of(memory.block(1), 0, dim);
    Arrays.fill(max, Float.NEGATIVE_INFINITY);
    Arrays.fill(sum, 0);
    boolean first = true;
    for (int key = firstKey; key < endKey; key += step) {
      int keys = Math.min(step, endKey - key);
      MaskClass maskClass = rows.classify(key, key + keys);
      if (maskClass == MaskClass.EMPTY) {
        continue;
      }
      long offset = (long) key * shape.kvColumns() + (long) head * dim;
      Operand keyTile = Operand.of(k, offset, shape.kvColumns());
      OpenBlas.sgemm(keys, count, dim, shape.scale(), keyTile, queries, 0, scores);
      if (maskClass == MaskClass.PARTIAL) {
        TileSoftmax.mask(memory.scores(), rows, key, keys);
      }
      TileSoftmax.forward(memory.scores(), count, keys, max, sum, correction);
      if (!first) {
        correct(dim);
      }
      Operand valueTile = Operand.of(v, offset, shape.kvColumns());
      OpenBlas.sgemm(count, dim, keys, 1, probabilities, valueTile, first ? 0 : 1, numerators);
      first = false;
    }
  }

  /** Brings the numerators of rows whose maximum rose down to the new one. */
  private void correct(int dim) {
    for (int lane = 0; lane < rows.count(); lane++) {
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
