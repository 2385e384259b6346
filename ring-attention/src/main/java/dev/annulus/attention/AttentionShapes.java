package dev.annulus.attention;

import dev.annulus.device.DataType;
import dev.annulus.device.Tensor;

/** Checks the tensors of an {@link AttentionKernel} call, the same for every kernel. */
public final class AttentionShapes {
  private AttentionShapes() {}

  /** The arguments of {@link AttentionKernel#forward}. */
  public static void checkForward(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      VisibleKeys mask,
      Tensor out,
      Tensor lse) {
    long queries = q.rows();
    check("q", q, queries, shape.queryColumns());
    check("k", k, k.rows(), shape.kvColumns());
    check("v", v, k.rows(), shape.kvColumns());
    check("out", out, queries, shape.queryColumns());
    check("lse", lse, shape.queryHeads(), queries);
    checkMask(mask, queries, k.rows());
  }

  /** The arguments of {@link AttentionKernel#backward}. */
  public static void checkBackward(
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
    checkForward(shape, q, k, v, mask, dOut, lse);
    check("delta", delta, shape.queryHeads(), q.rows());
    check("dq", dq, q.rows(), shape.queryColumns());
    check("dk", dk, k.rows(), shape.kvColumns());
    check("dv", dv, k.rows(), shape.kvColumns());
  }

  /** The arguments of {@link AttentionKernel#delta}. */
  public static void checkDelta(AttentionShape shape, Tensor out, Tensor dOut, Tensor delta) {
    check("out", out, out.rows(), shape.queryColumns());
    check("dOut", dOut, out.rows(), shape.queryColumns());
    check("delta", delta, shape.queryHeads(), out.rows());
  }

  private static void checkMask(VisibleKeys mask, long queries, long keys) {
    if (mask.queries() != queries) {
      throw new IllegalArgumentException(
          "mask of " + mask.queries() + " queries for q of " + queries + " rows");
    }
    for (int i = 0; i < mask.queries(); i++) {
      int from = mask.from()[i];
      int to = mask.to()[i];
      if (from < 0 || from > to || to > keys) {
        throw new IllegalArgumentException(
            "mask lets query " + i + " see keys [" + from + ", " + to + ") of " + keys);
      }
    }
  }

  private static void check(String name, Tensor tensor, long rows, long columns) {
    if (tensor.type() != DataType.FLOAT32 || tensor.rows() != rows || tensor.columns() != columns) {
      throw new IllegalArgumentException(
          "attention %s is %s [%d, %d], expected FLOAT32 [%d, %d]"
              .formatted(name, tensor.type(), tensor.rows(), tensor.columns(), rows, columns));
    }
  }
}
