package dev.annulus.device;

/**
 * Checks the tensors of a {@link Kernels} call, the same for every implementation. A kernel on raw
 * addresses would otherwise read or write what is not its own.
 */
public final class KernelShapes {
  private KernelShapes() {}

  /** Throws unless the tensor is fp32 of exactly these rows and columns. */
  public static void check(String name, Tensor tensor, long rows, long columns) {
    check(name, tensor, DataType.FLOAT32, rows, columns);
  }

  /** Throws unless the tensor is of exactly this type, rows and columns. */
  public static void check(String name, Tensor tensor, DataType type, long rows, long columns) {
    if (tensor.type() != type || tensor.rows() != rows || tensor.columns() != columns) {
      throw new IllegalArgumentException(
          "%s is %s [%d, %d], expected %s [%d, %d]"
              .formatted(
                  name, tensor.type(), tensor.rows(), tensor.columns(), type, rows, columns));
    }
  }

  /** Throws unless both are fp32 of the same number of elements. */
  public static void checkSameSize(String name, Tensor tensor, Tensor other) {
    if (tensor.type() != DataType.FLOAT32
        || other.type() != DataType.FLOAT32
        || tensor.size() != other.size()) {
      throw new IllegalArgumentException(
          "%s is %s of %d elements, expected FLOAT32 of %d"
              .formatted(name, tensor.type(), tensor.size(), other.size()));
    }
  }

  /** Throws unless it is fp32. */
  public static void checkFloat(String name, Tensor tensor) {
    check(name, tensor, tensor.rows(), tensor.columns());
  }

  /** x [T, in], w [out, in], y [T, out]: of {@link Kernels#linear} and its gradients. */
  public static void checkLinear(Tensor x, Tensor w, Tensor y) {
    check("linear input", x, y.rows(), w.columns());
    check("linear weight", w, y.columns(), x.columns());
    check("linear output", y, x.rows(), w.rows());
  }

  /** See {@link Kernels#rmsNorm}. */
  public static void checkRmsNorm(Tensor x, Tensor weight, Tensor y, Tensor inverseRms) {
    check("rmsNorm input", x, x.rows(), x.columns());
    check("rmsNorm weight", weight, 1, x.columns());
    check("rmsNorm output", y, x.rows(), x.columns());
    check("rmsNorm inverseRms", inverseRms, 1, x.rows());
  }

  /** See {@link Kernels#rotary}. */
  public static void checkRotary(Tensor x, int headDim, Tensor cos, Tensor sin) {
    if (headDim < 2 || headDim % 2 != 0 || x.columns() % headDim != 0) {
      throw new IllegalArgumentException(
          "rotary of head dim " + headDim + " on rows of " + x.columns());
    }
    check("rotary input", x, x.rows(), x.columns());
    check("rotary cos", cos, x.rows(), headDim / 2);
    check("rotary sin", sin, x.rows(), headDim / 2);
  }

  /** See {@link Kernels#rotaryAngles}. */
  public static void checkRotaryAngles(
      Tensor positions, Tensor frequencies, Tensor rows, Tensor cos, Tensor sin) {
    check("rotary positions", positions, DataType.INT32, 1, cos.rows());
    check("rotary frequencies", frequencies, frequencies.rows(), cos.columns());
    check("rotary rows", rows, DataType.INT32, 1, cos.rows());
    check("rotary cos", cos, sin.rows(), sin.columns());
    check("rotary sin", sin, cos.rows(), cos.columns());
  }

  /** See {@link Kernels#embedding}. */
  public static void checkEmbedding(Tensor table, Tensor ids, Tensor y) {
    check("embedding table", table, table.rows(), y.columns());
    check("embedding ids", ids, DataType.INT32, 1, y.rows());
    check("embedding output", y, ids.columns(), table.columns());
  }

  /** See {@link Kernels#crossEntropy}. */
  public static void checkCrossEntropy(
      Tensor logits, Tensor targets, Tensor weights, Tensor losses) {
    check("cross-entropy logits", logits, logits.rows(), logits.columns());
    check("cross-entropy targets", targets, DataType.INT32, 1, logits.rows());
    check("cross-entropy weights", weights, 1, logits.rows());
    check("cross-entropy losses", losses, 1, logits.rows());
  }

  /** Throws unless an id names one of {@code vocabulary} entries. */
  public static void checkId(String name, long token, int id, long vocabulary) {
    if (id < 0 || id >= vocabulary) {
      throw new IndexOutOfBoundsException(
          "%s %d at token %d, expected 0 to %d (vocabulary of %d)"
              .formatted(name, id, token, vocabulary - 1, vocabulary));
    }
  }
}
