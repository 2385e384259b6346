package dev.annulus.device.cpu;

import dev.annulus.device.KernelShapes;
import dev.annulus.device.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Rows of a table by token id, and the gradient of the table. */
final class CpuEmbedding {
  private CpuEmbedding() {}

  static void forward(Tensor table, Tensor ids, Tensor y) {
    long bytes = 4 * y.columns();
    for (long t = 0; t < y.rows(); t++) {
      long id = id(ids, t, table.rows());
      MemorySegment.copy(table.memory(), id * bytes, y.memory(), t * bytes, bytes);
    }
  }

  static void backward(Tensor dy, Tensor ids, Tensor dTable) {
    long n = dy.columns();
    for (long t = 0; t < dy.rows(); t++) {
      long id = id(ids, t, dTable.rows());
      CpuElementwise.add(dy.memory(), t * n, dTable.memory(), id * n, n);
    }
  }

  private static int id(Tensor ids, long token, long vocabulary) {
    int id = ids.memory().getAtIndex(ValueLayout.JAVA_INT, token);
    KernelShapes.checkId("id", token, id, vocabulary);
    return id;
  }
}
