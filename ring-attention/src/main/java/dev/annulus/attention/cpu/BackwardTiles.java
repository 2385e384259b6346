package dev.annulus.attention.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.annulus.attention.AttentionShape;
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
  private final TileRows rows;
  private final float[] rowLse = new float[TileRows.LANES];
  private final float[] rowDelta = new float[TileRows.LANES];

  BackwardTiles(TileMemory memory, TileSizes sizes) {
    this.memory = memory;
    this.rows = new TileRows(sizes);
  }

  /**
   * One tile of query rows of a key head, against all keys that its rows see.
   *
   * @param turns where other tiles of the head stand
   */
  void run(BackwardCall call, int head, int tile, AddingTurns turns) {
    AttentionShape shape = call.shape();
    rows.set(shape, call.mask(), head, tile);
    try {
      if (rows.firstKey() < rows.endKey()) {
        turns.pass(head, tile, rows.firstKey());
        load(shape.headDim(), call.q(), call.dOut(), call.lse(), call.delta());
        int key = rows.firstKey();
        while (key < rows.endKey()) {
          int end = rows.endOfBlock(key);
          block(call, head, tile, key, end, turns);
          turns.pass(head, tile, end);
          key = end;
        }
        turns.finish(head, tile);
        addQueryGradients(shape.headDim(), call.dq().memory());
      }
    } finally {
      turns.finish(head, tile);
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

  private void block(BackwardCall call, int head, int tile, int key, int end, AddingTurns turns) {
    int lane = rows.firstLane(key, end);
    int endLane = rows.endLane(key, end);
    MaskClass maskClass = rows.classify(lane, endLane, key, end);
    if (maskClass == MaskClass.EMPTY) {
      return;
    }
    AttentionShape shape = call.shape();
    int dim = shape.headDim();
    int stride = shape.kvColumns();
    int keys = end - key;
    int lanes = endLane - lane;
    long offset = (long) key * stride + (long) head * dim;
    Operand scores = Operand.of(memory.scores(), lane, TileRows.LANES);
    Operand gradients = Operand.of(memory.gradients(), lane, TileRows.LANES);
    Operand keyTile = Operand.of(call.k().memory(), offset, stride);
    Operand valueTile = Operand.of(call.v().memory(), offset, stride);
    OpenBlas.sgemm(keys, lanes, dim, shape.scale(), keyTile, columns(0, lane), 0, scores);
    if (maskClass == MaskClass.PARTIAL) {
      TileSoftmax.mask(memory.scores(), rows, lane, endLane, key, keys);
    }
    OpenBlas.sgemm(keys, lanes, dim, 1, valueTile, columns(1, lane), 0, gradients);
    TileSoftmax.backward(
        memory.scores(), memory.gradients(), lane, endLane, keys, rowLse, rowDelta);
    Operand turned = Operand.transposeOf(memory.gradients(), lane, TileRows.LANES);
    OpenBlas.sgemm(lanes, dim, keys, shape.scale(), turned, keyTile, 1, asRows(4, lane, dim));
    turns.await(head, tile, end);
    Operand dValueTile = Operand.of(call.dv().memory(), offset, stride);
    Operand dKeyTile = Operand.of(call.dk().memory(), offset, stride);
    OpenBlas.sgemm(keys, dim, lanes, 1, scores, asRows(3, lane, dim), 1, dValueTile);
    OpenBlas.sgemm(keys, dim, lanes, shape.scale(), gradients, asRows(2, lane, dim), 1, dKeyTile);
  }

  private void addQueryGradients(int dim, MemorySegment dq) {
    for (int lane = 0; lane < rows.count(); lane++) {
      RowVectors.combine(dq, rows.offset[lane], 1, memory.block(4), (long) lane * dim, 1, dim);
    }
  }

  private Operand columns(int block, int lane) {
    return Operand.of(memory.block(block), lane, TileRows.LANES);
  }

  private Operand asRows(int block, int lane, int dim) {
    return Operand.of(memory.block(block), (long) lane * dim, dim);
  }
}
