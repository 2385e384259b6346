package dev.annulus.device.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Products and decompositions of dense row-major fp64 matrices, by the BLAS and LAPACK in OpenBLAS.
 * Computes on the calling thread; the same input at the same alignment gives the same bits on the
 * same kind of processor.
 */
public final class DoubleMatrices {
  private static final int ROW_MAJOR = 101;
  private static final int COLUMN_MAJOR_LAPACK = 102;
  private static final int NO_TRANSPOSE = 111;
  private static final int TRANSPOSE = 112;
  private static final int LOWER = 122;

  private DoubleMatrices() {}

  /** A factor of a product: as it lies, or its transpose. */
  public enum Turn {
    AS_IS(NO_TRANSPOSE),
    TRANSPOSED(TRANSPOSE);

    private final int code;

    Turn(int code) {
      this.code = code;
    }
  }

  /**
   * A matrix, or the upper left corner of a wider one.
   *
   * @param memory at least {@code (rows - 1) * stride + columns} doubles
   * @param stride doubles from one row to the next
   */
  public record Block(MemorySegment memory, int rows, int columns, int stride) {
    public Block {
      long needed = rows == 0 ? 0 : (long) (rows - 1) * stride + columns;
      if (rows < 0 || columns < 0 || stride < columns || 8 * needed > memory.byteSize()) {
        throw new IndexOutOfBoundsException(
            "matrix [%d, %d] with stride %d in %d doubles"
                .formatted(rows, columns, stride, memory.byteSize() / 8));
      }
    }

    /** A whole matrix. */
    public static Block of(MemorySegment memory, int rows, int columns) {
      return new Block(memory, rows, columns, columns);
    }

    private int rows(Turn turn) {
      return turn == Turn.AS_IS ? rows : columns;
    }

    private int columns(Turn turn) {
      return turn == Turn.AS_IS ? columns : rows;
    }

    private long address() {
      if (!memory.scope().isAlive()) {
        throw new IllegalStateException("a matrix in memory that was freed");
      }
      return memory.address();
    }
  }

  /** c = alpha a b + beta c, each factor turned or not. */
  public static void multiply(
      double alpha, Block a, Turn turnA, Block b, Turn turnB, double beta, Block c) {
    int inner = a.columns(turnA);
    if (a.rows(turnA) != c.rows || b.columns(turnB) != c.columns || b.rows(turnB) != inner) {
      throw new IllegalArgumentException(
          "[%d, %d] = [%d, %d] x [%d, %d]"
              .formatted(c.rows, c.columns, a.rows(turnA), inner, b.rows(turnB), b.columns(turnB)));
    }
    if (c.rows == 0 || c.columns == 0 || inner == 0) {
      throw new IllegalArgumentException("an empty product");
    }
    try {
      Native.GEMM.invokeExact(
          ROW_MAJOR,
          turnA.code,
          turnB.code,
          c.rows,
          c.columns,
          inner,
          alpha,
          a.address(),
          a.stride,
          b.address(),
          b.stride,
          beta,
          c.address(),
          c.stride);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /**
   * The lower triangle of c += a a' or, turned, of c += a' a.
   *
   * @param c square; its upper triangle is left as it is
   */
  public static void addGram(Block a, Turn turn, Block c) {
    if (c.rows != c.columns || c.rows != a.rows(turn)) {
      throw new IllegalArgumentException(
          "Gram matrix [%d, %d] of %d vectors".formatted(c.rows, c.columns, a.rows(turn)));
    }
    try {
      Native.SYRK.invokeExact(
          ROW_MAJOR,
          LOWER,
          turn.code,
          c.rows,
          a.columns(turn),
          1.0,
          a.address(),
          a.stride,
          1.0,
          c.address(),
          c.stride);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /**
   * Eigenvalues and eigenvectors of a symmetric matrix (LAPACK dsyevd).
   *
   * @param a [n, n], of which the lower triangle is read; becomes the eigenvectors, one a row
   * @param values n doubles; become the eigenvalues, ascending
   * @throws ArithmeticException if the iteration does not converge
   */
  public static void symmetricEigen(Block a, MemorySegment values) {
    if (a.rows != a.columns || a.stride != a.columns || values.byteSize() < 8L * a.rows) {
      throw new IllegalArgumentException("eigenvalues of [" + a.rows + ", " + a.columns + "]");
    }
    int info;
    try {
      // The lower triangle by rows is the upper by columns; the vectors, columns there, are rows
      // here.
      info =
          (int)
              Native.SYEVD.invokeExact(
                  COLUMN_MAJOR_LAPACK,
                  (byte) 'V',
                  (byte) 'U',
                  a.rows,
                  a.address(),
                  a.stride,
                  values.address());
    } catch (Throwable e) {
      throw rethrown(e);
    }
    requireSuccess("dsyevd", info, a);
  }

  /**
   * The thin singular value decomposition a = u diag(values) vt (LAPACK dgesdd), k = min(rows,
   * columns).
   *
   * @param a [rows, columns]; its content is lost
   * @param u [rows, k]
   * @param values k doubles, descending
   * @param vt [k, columns]
   * @throws ArithmeticException if the iteration does not converge
   */
  public static void singularValues(Block a, Block u, MemorySegment values, Block vt) {
    int k = Math.min(a.rows, a.columns);
    if (a.stride != a.columns
        || u.rows != a.rows
        || u.columns != k
        || vt.rows != k
        || vt.columns != a.columns
        || values.byteSize() < 8L * k) {
      throw new IllegalArgumentException("factors of [" + a.rows + ", " + a.columns + "]");
    }
    int info;
    try {
      // By columns, the memory of a holds its transpose, whose left vectors are the right ones of
      // a; so nothing is turned and no copy is made.
      info =
          (int)
              Native.GESDD.invokeExact(
                  COLUMN_MAJOR_LAPACK,
                  (byte) 'S',
                  a.columns,
                  a.rows,
                  a.address(),
                  a.stride,
                  values.address(),
                  vt.address(),
                  vt.stride,
                  u.address(),
                  u.stride);
    } catch (Throwable e) {
      throw rethrown(e);
    }
    requireSuccess("dgesdd", info, a);
  }

  private static void requireSuccess(String routine, int info, Block a) {
    if (info != 0) {
      throw new ArithmeticException(
          "%s of a [%d, %d] matrix ended with %d: %s"
              .formatted(
                  routine,
                  a.rows,
                  a.columns,
                  info,
                  info > 0
                      ? "it did not converge"
                      : info <= -1010 ? "no memory for its workspace" : "a number is not finite"));
    }
  }

  private static RuntimeException rethrown(Throwable e) {
    return switch (e) {
      case RuntimeException runtime -> runtime;
      case Error error -> throw error;
      default -> new IllegalStateException("OpenBLAS call failed", e);
    };
  }

  /** The functions, looked up at first use. */
  private static final class Native {
    static final MethodHandle GEMM =
        OpenBlas.function(
            "cblas_dgemm",
            FunctionDescriptor.ofVoid(
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_DOUBLE,
                JAVA_LONG,
                JAVA_INT,
                JAVA_LONG,
                JAVA_INT,
                JAVA_DOUBLE,
                JAVA_LONG,
                JAVA_INT));
    static final MethodHandle SYRK =
        OpenBlas.function(
            "cblas_dsyrk",
            FunctionDescriptor.ofVoid(
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_DOUBLE,
                JAVA_LONG,
                JAVA_INT,
                JAVA_DOUBLE,
                JAVA_LONG,
                JAVA_INT));
    static final MethodHandle SYEVD =
        OpenBlas.function(
            "LAPACKE_dsyevd",
            FunctionDescriptor.of(
                JAVA_INT, JAVA_INT, JAVA_BYTE, JAVA_BYTE, JAVA_INT, JAVA_LONG, JAVA_INT,
                JAVA_LONG));
    static final MethodHandle GESDD =
        OpenBlas.function(
            "LAPACKE_dgesdd",
            FunctionDescriptor.of(
                JAVA_INT, JAVA_INT, JAVA_BYTE, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG,
                JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT));
  }
}
