package dev.annulus.attention;

import dev.annulus.device.DataType;
import dev.annulus.device.Tensor;
import java.util.Set;

/** Checks the tensors of an {@link AttentionKernel} call, the same for every kernel. */
public final class AttentionShapes {
  /** What a kernel takes that computes on fp32 alone. */
  public static final Set<DataType> FLOAT32_ONLY = Set.of(DataType.FLOAT32);

  /** What a kernel takes that reads bf16 too. */
  public static final Set<DataType> FLOATS = Set.of(DataType.FLOAT32, DataType.BFLOAT16);

  private AttentionShapes() {}

  /** The arguments of {@link AttentionKernel#forward}, all of fp32. */
  public static void checkForward(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      VisibleKeys mask,
      Tensor out,
      Tensor lse) {
    checkForward(FLOAT32_ONLY, shape, q, k, v, mask, out, lse);
  }

  /**
   * The arguments of {@link AttentionKernel#forward}.
   *
   * @param inputs types that q, k and v may be of, all three of one
   */
  public static void checkForward(
      Set<DataType> inputs,
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      VisibleKeys mask,
      Tensor out,
      Tensor lse) {
    checkInputs(inputs, shape, q, k, v);
    check("out", out, FLOAT32_ONLY, q.rows(), shape.queryColumns());
    check("lse", lse, FLOAT32_ONLY, shape.queryHeads(), q.rows());
    checkMask(mask, q.rows(), k.rows());
  }

  /** The arguments of {@link AttentionKernel#backward}, all of fp32. */
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
    checkBackward(FLOAT32_ONLY, shape, q, k, v, mask, dOut, lse, delta, dq, dk, dv);
  }

  /**
   * The arguments of {@link AttentionKernel#backward}.
   *
   * @param inputs types that q, k, v and dOut may be of, all four of one
   */
  public static void checkBackward(
      Set<DataType> inputs,
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
    checkInputs(inputs, shape, q, k, v);
    check("dOut", dOut, Set.of(q.type()), q.rows(), shape.queryColumns());
    check("lse", lse, FLOAT32_ONLY, shape.queryHeads(), q.rows());
    check("delta", delta, FLOAT32_ONLY, shape.queryHeads(), q.rows());
    check("dq", dq, FLOAT32_ONLY, q.rows(), shape.queryColumns());
    check("dk", dk, FLOAT32_ONLY, k.rows(), shape.kvColumns());
    check("dv", dv, FLOAT32_ONLY, k.rows(), shape.kvColumns());
    checkMask(mask, q.rows(), k.rows());
  }

  /** The arguments of {@link AttentionKernel#delta}, all of fp32. */
  public static void checkDelta(AttentionShape shape, Tensor out, Tensor dOut, Tensor delta) {
    checkDelta(FLOAT32_ONLY, shape, out, dOut, delta);
  }

  /**
   * The arguments of {@link AttentionKernel#delta}.
   *
   * @param inputs types that out and dOut may be of
   */
  public static void checkDelta(
      Set<DataType> inputs, AttentionShape shape, Tensor out, Tensor dOut, Tensor delta) {
    check("out", out, inputs, out.rows(), shape.queryColumns());
    check("dOut", dOut, inputs, out.rows(), shape.queryColumns());
    check("delta", delta, FLOAT32_ONLY, shape.queryHeads(), out.rows());
  }

  private static void checkInputs(
      Set<DataType> inputs, AttentionShape shape, Tensor q, Tensor k, Tensor v) {
    check("q", q, inputs, q.rows(), shape.queryColumns());
    check("k", k, Set.of(q.type()), k.rows(), shape.kvColumns());
    check("v", v, Set.of(q.type()), k.rows(), shape.kvColumns());
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

  private static void check(
      String name, Tensor tensor, Set<DataType> types, long rows, long columns) {
    if (!types.contains(tensor.type()) || tensor.rows() != rows || tensor.columns() != columns) {
      throw new IllegalArgumentException(
          "attention %s is %s [%d, %d], expected %s [%d, %d]"
              .formatted(
                  name,
                  tensor.type(),
                  tensor.rows(),
                  tensor.columns(),
                  String.join(" or ", types.stream().map(DataType::name).sorted().toList()),
                  rows,
                  columns));
    }
  }
}
