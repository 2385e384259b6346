package dev.annulus.device.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The inner pieces of OpenBLAS's sgemm: its kernel, which multiplies packed operands, and what
 * packs them. An operand that is used again is packed once, and a result that lies as a packed
 * operand does (eight lanes beside each other) is one, without being packed.
 *
 * <p>The product is c[j, i] += alpha * sum over e of left[i, e] * right[j, e], for left [m, k],
 * right [n, k] and c [n, m]. A left operand is packed as panels of {@link #LANES} rows, each [k,
 * 8], a right one as panels of {@link #RIGHT} rows, each [k, 4]; the rows that are left over as
 * panels of 4, 2 and 1. A packed operand has as many floats as the matrix, in 8-row (4-row) panels
 * from its start, so whole panels can be addressed by themselves.
 *
 * <p>These functions are exported by the library but not part of its interface. They are there for
 * processors with AVX2 whose kernels have this layout, and are tried on a small product before
 * anything relies on them: see {@link #supported}.
 */
public final class PanelProducts {
  /** Rows of a panel of a left operand: the floats of a 256-bit vector. */
  public static final int LANES = 8;

  /** Rows of a panel of a right operand. */
  public static final int RIGHT = 4;

  private PanelProducts() {}

  /** Whether the functions are there for this processor and do what is said here. */
  public static boolean supported() {
    return Native.COMPLETE && PanelCheck.PASSED;
  }

  /** Whether products by panels are the fastest way here: sgemm itself packs every operand. */
  public static boolean preferred() {
    return supported() && Family.HERE.packsAlways();
  }

  /**
   * c[j, i] += alpha * sum of left[i, e] * right[j, e]; all indices and strides in floats.
   *
   * @param left packed, [m, k]
   * @param right packed, [n, k]
   * @param c row-major [n, m] with {@code stride}
   */
  public static void multiply(
      int m,
      int n,
      int k,
      float alpha,
      MemorySegment left,
      long leftIndex,
      MemorySegment right,
      long rightIndex,
      MemorySegment c,
      long index,
      int stride) {
    if (m == 0 || n == 0 || k == 0) {
      return;
    }
    long a = address("left", left, leftIndex, m, k, k);
    long b = address("right", right, rightIndex, n, k, k);
    long result = address("result", c, index, n, m, stride);
    try {
      int _ =
          (int)
              Native.KERNEL.invokeExact(
                  (long) m, (long) n, (long) k, alpha, a, b, result, (long) stride);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** Packs a left operand [m, k] that lies in rows. */
  public static void packLeft(
      int m, int k, MemorySegment rows, long index, int stride, MemorySegment to, long toIndex) {
    pack(Native.LEFT, m, k, address("rows", rows, index, m, k, stride), stride, to, toIndex);
  }

  /** Packs a left operand [m, k] of which the transpose [k, m] lies in rows. */
  public static void packLeftTransposed(
      int m, int k, MemorySegment rows, long index, int stride, MemorySegment to, long toIndex) {
    long from = address("rows", rows, index, k, m, stride);
    pack(Native.LEFT_TRANSPOSED, m, k, from, stride, to, toIndex);
  }

  /** Packs a right operand [n, k] that lies in rows. */
  public static void packRight(
      int n, int k, MemorySegment rows, long index, int stride, MemorySegment to, long toIndex) {
    pack(Native.RIGHT, n, k, address("rows", rows, index, n, k, stride), stride, to, toIndex);
  }

  /** Packs a right operand [n, k] of which the transpose [k, n] lies in rows. */
  public static void packRightTransposed(
      int n, int k, MemorySegment rows, long index, int stride, MemorySegment to, long toIndex) {
    long from = address("rows", rows, index, k, n, stride);
    pack(Native.RIGHT_TRANSPOSED, n, k, from, stride, to, toIndex);
  }

  private static void pack(
      MethodHandle function,
      int lanes,
      int k,
      long from,
      int stride,
      MemorySegment to,
      long toIndex) {
    if (lanes == 0 || k == 0) {
      return;
    }
    long target = address("packed", to, toIndex, lanes, k, k);
    try {
      int _ = (int) function.invokeExact((long) k, (long) lanes, from, (long) stride, target);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  private static long address(
      String name, MemorySegment memory, long index, int rows, int columns, int stride) {
    long end = index + (long) (rows - 1) * stride + columns;
    if (index < 0 || stride < columns || 4 * end > memory.byteSize()) {
      throw new IndexOutOfBoundsException(
          "panel product, %s [%d, %d] at %d with stride %d in %d floats"
              .formatted(name, rows, columns, index, stride, memory.byteSize() / 4));
    }
    if (!memory.scope().isAlive()) {
      throw new IllegalStateException("panel product, " + name + " is in memory that was freed");
    }
    return memory.address() + 4 * index;
  }

  private static RuntimeException rethrown(Throwable e) {
    return switch (e) {
      case RuntimeException runtime -> runtime;
      case Error error -> throw error;
      default -> new IllegalStateException("panel product failed", e);
    };
  }

  /**
   * Whose kernels are called.
   *
   * @param suffix of the functions' names; empty where none has this layout
   * @param packsAlways whether sgemm of small matrices packs its operands here too
   */
  private record Family(String suffix, boolean packsAlways) {
    static final Family HERE = of(OpenBlas.coreName().strip());

    private static Family of(String core) {
      return switch (core) {
        case "Haswell" -> new Family("HASWELL", true);
        case "Zen" -> new Family("ZEN", true);
        case "SkylakeX", "Cooperlake", "SapphireRapids" -> new Family("HASWELL", false);
        default -> new Family("", false);
      };
    }
  }

  /** The five functions; null where they are not there. */
  private static final class Native {
    static final MethodHandle KERNEL =
        find(
            "sgemm_kernel_",
            FunctionDescriptor.of(
                JAVA_INT,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_FLOAT,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_LONG));
    static final MethodHandle LEFT = packing("sgemm_incopy_");
    static final MethodHandle LEFT_TRANSPOSED = packing("sgemm_itcopy_");
    static final MethodHandle RIGHT = packing("sgemm_oncopy_");
    static final MethodHandle RIGHT_TRANSPOSED = packing("sgemm_otcopy_");
    static final boolean COMPLETE =
        KERNEL != null
            && LEFT != null
            && LEFT_TRANSPOSED != null
            && RIGHT != null
            && RIGHT_TRANSPOSED != null;

    private static MethodHandle packing(String name) {
      var descriptor =
          FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
      return find(name, descriptor);
    }

    private static MethodHandle find(String name, FunctionDescriptor descriptor) {
      if (Family.HERE.suffix().isEmpty()) {
        return null;
      }
      try {
        return OpenBlas.function(name + Family.HERE.suffix(), descriptor);
      } catch (UnsatisfiedLinkError e) {
        return null; // another build of the library; attention then takes its other path
      }
    }
  }
}
