package dev.annulus.device.cpu;

import dev.annulus.device.KernelShapes;
import dev.annulus.device.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Rows of a table by token id, and the gradient of the table. Ids are checked by the caller. */
final class CpuEmbedding {
  private CpuEmbedding() {}

  /** Throws if an id names no row of the table. */
  static void checkIds(Tensor ids, long vocabulary) {
    for (long t = 0; t < ids.size(); t++) {
      KernelShapes.checkId("id", t, id(ids, t), vocabulary);
    }
  }

  /** Tokens [from, to). */
  static void forward(Tensor table, Tensor ids, Tensor y, long from, long to) {
    long bytes = 4 * y.columns();
    for (long t = from; t < to; t++) {
      long id = id(ids, t);
      MemorySegment.copy(table.memory(), id * bytes, y.memory(), t * bytes, bytes);
    }
  }

  /** Columns [from, to) of all tokens, in their order. */
  static void backward(Tensor dy, Tensor ids, Tensor dTable, long from, long to) {
    long n = dy.columns();
    for (long t = 0; t < dy.rows(); t++) {
      long row = id(ids, t) * n;
      CpuElementwise.add(dy.memory(), t * n + from, dTable.memory(), row + from, to - from);
    }
  }

  private static int id(Tensor ids, long token) {
    return ids.memory().getAtIndex(ValueLayout.JAVA_INT, token);
  }
}
