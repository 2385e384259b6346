package dev.annulus.device;

import java.util.Arrays;

/**
 * Checks the tensors of a {@link Kernels} call for devices that take fp32 and bf16: shapes as
 * {@link KernelShapes}, types as {@link Kernels} says.
 */
public final class TypedShapes {
  private TypedShapes() {}

  /** Throws unless it is of a floating type and of exactly these rows and columns. */
  public static void check(String name, Tensor tensor, long rows, long columns) {
    if (!tensor.type().isFloat() || tensor.rows() != rows || tensor.columns() != columns) {
      throw new IllegalArgumentException(
          "%s is %s [%d, %d], expected FLOAT32 or BFLOAT16 [%d, %d]"
              .formatted(name, tensor.type(), tensor.rows(), tensor.columns(), rows, columns));
    }
  }

  /** Throws unless all are of one floating type and of as many elements. */
  public static void checkAlike(String name, Tensor... tensors) {
    sameType(name, tensors);
    checkSizes(name, tensors);
  }

  /** Throws unless all are of floating types and of as many elements. */
  public static void checkSizes(String name, Tensor... tensors) {
    for (Tensor tensor : tensors) {
      if (!tensor.type().isFloat() || tensor.size() != tensors[0].size()) {
        throw new IllegalArgumentException(name + " of " + shown(tensors) + ", expected one size");
      }
    }
  }

  /** x [T, in], w [out, in] of one type; y [T, out] of that type or fp32. */
  public static void checkLinear(Tensor x, Tensor w, Tensor y) {
    check("linear input", x, y.rows(), w.columns());
    check("linear weight", w, y.columns(), x.columns());
    check("linear output", y, x.rows(), w.rows());
    sameType("linear input and weight", x, w);
    checkResult("linear output", y, x);
  }

  /** dy [T, out], w [out, in] of one type; dx [T, in] of that type or fp32. */
  public static void checkInputGradient(Tensor dy, Tensor w, Tensor dx) {
    check("linear gradient", dy, dx.rows(), w.rows());
    check("linear weight", w, dy.columns(), dx.columns());
    check("linear input gradient", dx, dy.rows(), w.columns());
    sameType("linear gradient and weight", dy, w);
    checkResult("linear input gradient", dx, dy);
  }

  /** dy [T, out], x [T, in] of one type; dw fp32 [out, in]. */
  public static void checkWeightGradient(Tensor dy, Tensor x, Tensor dw) {
    check("linear gradient", dy, x.rows(), dw.rows());
    check("linear input", x, dy.rows(), dw.columns());
    KernelShapes.check("linear weight gradient", dw, dy.columns(), x.columns());
    sameType("linear gradient and input", dy, x);
  }

  /** See {@link Kernels#rmsNorm}. */
  public static void checkRmsNorm(Tensor x, Tensor weight, Tensor y, Tensor inverseRms) {
    check("rmsNorm input", x, x.rows(), x.columns());
    KernelShapes.check("rmsNorm weight", weight, 1, x.columns());
    check("rmsNorm output", y, x.rows(), x.columns());
    KernelShapes.check("rmsNorm inverseRms", inverseRms, 1, x.rows());
    sameType("rmsNorm input and output", x, y);
  }

  /** See {@link Kernels#rmsNormGradient}; {@code dWeight} may be null. */
  public static void checkRmsNormGradient(
      Tensor dy, Tensor x, Tensor weight, Tensor inverseRms, Tensor dx, Tensor dWeight) {
    checkRmsNorm(x, weight, dy, inverseRms);
    check("rmsNorm dx", dx, x.rows(), x.columns());
    sameType("rmsNorm input and its gradient", x, dx);
    if (dWeight != null) {
      KernelShapes.check("rmsNorm dWeight", dWeight, 1, x.columns());
    }
  }

  /** See {@link Kernels#rotary}. */
  public static void checkRotary(Tensor x, int headDim, Tensor cos, Tensor sin, Tensor y) {
    if (headDim < 2 || headDim % 2 != 0 || x.columns() % headDim != 0) {
      throw new IllegalArgumentException(
          "rotary of head dim " + headDim + " on rows of " + x.columns());
    }
    check("rotary input", x, y.rows(), y.columns());
    check("rotary output", y, x.rows(), x.columns());
    KernelShapes.check("rotary cos", cos, x.rows(), headDim / 2);
    KernelShapes.check("rotary sin", sin, x.rows(), headDim / 2);
  }

  /** See {@link Kernels#embedding}. */
  public static void checkEmbedding(Tensor table, Tensor ids, Tensor y) {
    check("embedding table", table, table.rows(), y.columns());
    KernelShapes.check("embedding ids", ids, DataType.INT32, 1, y.rows());
    check("embedding output", y, ids.columns(), table.columns());
    sameType("embedding table and output", table, y);
  }

  /** See {@link Kernels#embeddingGradient}. */
  public static void checkEmbeddingGradient(Tensor dy, Tensor ids, Tensor dTable) {
    KernelShapes.check("embedding dTable", dTable, dTable.rows(), dy.columns());
    KernelShapes.check("embedding ids", ids, DataType.INT32, 1, dy.rows());
    check("embedding gradient", dy, ids.columns(), dTable.columns());
  }

  /** See {@link Kernels#crossEntropy}. */
  public static void checkCrossEntropy(
      Tensor logits, Tensor targets, Tensor weights, Tensor losses) {
    check("cross-entropy logits", logits, logits.rows(), logits.columns());
    KernelShapes.check("cross-entropy targets", targets, DataType.INT32, 1, logits.rows());
    KernelShapes.check("cross-entropy weights", weights, 1, logits.rows());
    KernelShapes.check("cross-entropy losses", losses, 1, logits.rows());
  }

  private static void checkResult(String name, Tensor result, Tensor operand) {
    if (result.type() != DataType.FLOAT32) {
      sameType(name + " and operands", result, operand);
    }
  }

  private static void sameType(String name, Tensor... tensors) {
    for (Tensor tensor : tensors) {
      if (tensor.type() != tensors[0].type()) {
        throw new IllegalArgumentException(name + " of " + shown(tensors) + ", expected one type");
      }
    }
  }

  private static String shown(Tensor... tensors) {
    return String.join(
        " and ",
        Arrays.stream(tensors).map(tensor -> tensor.type() + " x " + tensor.size()).toList());
  }
}
