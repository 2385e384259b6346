package dev.annulus.device.cuda;

import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/**
 * Matrix products on the tensor cores, summed in fp32: what is needed of each shape is asked for
 * once and kept. fp32 operands are multiplied as fp32, not as tf32.
 */
final class MatrixProducts implements AutoCloseable {
  /** What NVIDIA recommends for Hopper. */
  private static final long WORKSPACE_BYTES = 32L << 20;

  private static final int MAX_ALIGNMENT = 256;

  // Numbers of cudaDataType.
  private static final int R_32F = 0;
  private static final int R_16BF = 14;

  private final CudaSession session;
  private final DeviceArena arena;
  private final CublasLt library;
  private final MemorySegment zero;
  private final MemorySegment one;
  private final Map<Shape, Plan> plans = new HashMap<>();
  private Tensor workspace;

  MatrixProducts(CudaSession session, DeviceArena arena) {
    this.session = session;
    this.arena = arena;
    session.enter();
    this.library = new CublasLt();
    this.zero = library.number(0);
    this.one = library.number(1);
  }

  /** An operand as stored, row-major, and whether it is used transposed. */
  record Operand(Tensor tensor, boolean transposed) {
    static Operand whole(Tensor tensor) {
      return new Operand(tensor, false);
    }

    static Operand transposed(Tensor tensor) {
      return new Operand(tensor, true);
    }

    private long usedRows() {
      return transposed ? tensor.columns() : tensor.rows();
    }

    private long usedColumns() {
      return transposed ? tensor.rows() : tensor.columns();
    }
  }

  private record Shape(
      boolean transposeX,
      boolean transposeY,
      long rows,
      long columns,
      long inner,
      DataType operands,
      DataType result,
      int alignment) {}

  private record Plan(
      MemorySegment operation,
      MemorySegment x,
      MemorySegment y,
      MemorySegment result,
      MemorySegment algorithm) {}

  /** Which library does it. */
  String describe() {
    return library.name();
  }

  /**
   * Queues result = x y + addend; all row-major.
   *
   * @param addend of the result's shape and type, may be the result itself; null for none
   */
  void multiply(Operand x, Operand y, Tensor addend, Tensor result) {
    if (result.size() == 0) {
      return;
    }
    session.enter();
    Tensor c = addend == null ? result : addend;
    Shape shape =
        new Shape(
            x.transposed(),
            y.transposed(),
            x.usedRows(),
            y.usedColumns(),
            x.usedColumns(),
            x.tensor().type(),
            result.type(),
            alignment(x.tensor(), y.tensor(), c, result));
    Plan plan = plans.computeIfAbsent(shape, this::plan);
    // Row-major z = x y is column-major z' = y' x': the operands change places, and what is stored
    // row by row already is the transpose.
    library.multiply(
        plan.operation(),
        one,
        session.address(y.tensor()),
        plan.y(),
        session.address(x.tensor()),
        plan.x(),
        addend == null ? zero : one,
        session.address(c),
        session.address(result),
        plan.result(),
        plan.algorithm(),
        session.address(workspace()),
        WORKSPACE_BYTES,
        session.stream().handle());
  }

  private Plan plan(Shape shape) {
    MemorySegment operation = library.newOperation(shape.transposeY(), shape.transposeX());
    MemorySegment y = layout(shape.transposeY(), shape.operands(), shape.inner(), shape.columns());
    MemorySegment x = layout(shape.transposeX(), shape.operands(), shape.rows(), shape.inner());
    MemorySegment result = layout(false, shape.result(), shape.rows(), shape.columns());
    MemorySegment algorithm =
        library.findAlgorithm(operation, y, x, result, WORKSPACE_BYTES, shape.alignment());
    if (algorithm == null) {
      throw new IllegalStateException(library.name() + " has no algorithm for " + shape);
    }
    return new Plan(operation, x, y, result, algorithm);
  }

  /** Of what is stored row-major as [rows, columns], or [columns, rows] if used transposed. */
  private MemorySegment layout(boolean transposed, DataType type, long rows, long columns) {
    int code = type == DataType.BFLOAT16 ? R_16BF : R_32F;
    return transposed
        ? library.newLayout(code, rows, columns)
        : library.newLayout(code, columns, rows);
  }

  private Tensor workspace() {
    if (workspace == null) {
      workspace = arena.allocate(1, WORKSPACE_BYTES / Float.BYTES);
    }
    return workspace;
  }

  private int alignment(Tensor... tensors) {
    long bits = MAX_ALIGNMENT;
    for (Tensor tensor : tensors) {
      bits |= session.address(tensor);
    }
    return (int) Long.lowestOneBit(bits);
  }

  @Override
  public void close() {
    session.enter();
    library.close();
  }
}
