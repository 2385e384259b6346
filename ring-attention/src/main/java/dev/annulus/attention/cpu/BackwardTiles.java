package dev.annulus.attention.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.attention.VisibleKeys.MaskClass;
import dev.annulus.device.Tensor;
import dev.annulus.device.cpu.OpenBlas;
import dev.annulus.device.cpu.OpenBlas.Operand;
import java.lang.foreign.MemorySegment;

/**
 * Gradients by recomputing the probabilities of each tile from the row's final logarithm: dV += P'
 * dO, dS = P (dO V' - delta), dQ += dS K / sqrt(d), dK += dS' Q / sqrt(d). P and dS lie transposed,
 * so that three of the five products need no transposition and dP = V dO' neither.
 */
final class BackwardTiles {
  private final TileMemory memory;
  private final TileRows rows = new TileRows();
  private final float[] rowLse = new float[TileRows.LANES];
  private final float[] rowDelta = new float[TileRows.LANES];

  BackwardTiles(TileMemory memory) {
    this.memory = memory;
  }

  void run(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      VisibleKeys mask,
      Tensor dOut,
      Tensor lse,
      Tensor delta,
      Tensor dq,
      Tensor dk,
      Tensor dv) {
    memory.reserve(shape.headDim());
    int allRows = mask.queries() * shape.groupSize();
    for (int head = 0; head < shape.kvHeads(); head++) {
      for (int start = 0; start < allRows; start += TileRows.LANES) {
        rows.set(shape, mask, head, start, Math.min(TileRows.LANES, allRows - start));
        int firstKey = rows.firstKey();
        int endKey = rows.endKey();
        if (firstKey < endKey) {
          load(shape.headDim(), q, dOut, lse, delta);
          for (int key = firstKey; key < endKey; key += TileMemory.keys(shape.headDim())) {
            int keys = Math.min(TileMemory.keys(shape.headDim()), endKey - key);
            tile(shape, head, key, keys, k, v, dk, dv);
          }
          addQueryGradients(shape.headDim(), dq.memory());
        }
      }
    }
  }

  /** Blocks 0 and 1: q and dOut transposed; 2 and 3: as rows; 4: dq of the tile. */
  private void load(int dim, Tensor q, Tensor dOut, Tensor lse, Tensor delta) {
    RowTranspose.transpose(q.memory(), rows, dim, memory.block(0));
    RowTranspose.transpose(dOut.memory(), rows, dim, memory.block(1));
    RowTranspose.gather(q.memory(), rows, dim, memory.block(2));
    RowTranspose.gather(dOut.memory(), rows, dim, memory.block(3));
    memory.block(4).fill((byte) 0);
    for (int lane = 0; lane < rows.count(); lane++) {
      float logarithm = lse.memory().getAtIndex(JAVA_FLOAT, rows.statistic[lane]);
      // A row that saw no key at all: with this its probabilities come out as zeros.
      rowLse[lane] = logarithm == Float.NEGATIVE_INFINITY ? Float.POSITIVE_INFINITY : logarithm;
      rowDelta[lane] = delta.memory().getAtIndex(JAVA_FLOAT, rows.statistic[lane]);
    }
  }

  private void tile(
      AttentionShape shape, int head, int key, int keys, Tensor k, Tensor v, Tensor dk, Tensor dv) {
    MaskClass maskClass = rows.classify(key, key + keys);
    if (maskClass == MaskClass.EMPTY) {
      return;
    }
    int dim = shape.headDim();
    int stride = shape.kvColumns();
    int count = rows.count();
    long offset = (long) key * stride + (long) head * dim;
    Operand scores = Operand.of(memory.scores(), 0, TileRows.LANES);
    Operand gradients = Operand.of(memory.gradients(), 0, TileRows.LANES);
    Operand keyTile = Operand.of(k.memory(), offset, stride);
    Operand valueTile = Operand.of(v.memory(), offset, stride);
    OpenBlas.sgemm(keys, count, dim, shape.scale(), keyTile, columns(0), 0, scores);
    if (maskClass == MaskClass.PARTIAL) {
      TileSoftmax.mask(memory.scores(), rows, key, keys);
    }
    OpenBlas.sgemm(keys, count, dim, 1, valueTile, columns(1), 0, gradients);
    TileSoftmax.backward(memory.scores(), memory.gradients(), count, keys, rowLse, rowDelta);
    Operand dValueTile = Operand.of(dv.memory(), offset, stride);
    Operand dKeyTile = Operand.of(dk.memory(), offset, stride);
    OpenBlas.sgemm(keys, dim, count, 1, scores, asRows(3, dim), 1, dValueTile);
    OpenBlas.sgemm(keys, dim, count, shape.scale(), gradients, asRows(2, dim), 1, dKeyTile);
    Operand turned = Operand.transposeOf(memory.gradients(), 0, TileRows.LANES);
    OpenBlas.sgemm(count, dim, keys, shape.scale(), turned, keyTile, 1, asRows(4, dim));
  }

  private void addQueryGradients(int dim, MemorySegment dq) {
    for (int lane = 0; lane < rows.count(); lane++) {
      RowVectors.combine(dq, rows.offset[lane], 1, memory.block(4), (long) lane * dim, 1, dim);
    }
  }

  private Operand columns(int block) {
    return Operand.of(memory.block(block), 0, TileRows.LANES);
  }

  private Operand asRows(int block, int dim) {
    return Operand.of(memory.block(block), 0, dim);
  }
}
