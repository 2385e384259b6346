package dev.annulus.device.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import org.bytedeco.javacpp.Loader;

/**
 * The one file that speaks to OpenBLAS. The library comes in a jar, is unpacked once into JavaCPP's
 * cache and called by the foreign-function API.
 *
 * <p>It is set to one thread: each call then computes on the thread that makes it, and any number
 * of threads may call at the same time.
 */
public final class OpenBlas {
  /** What the library needs first, then the library itself. */
  private static final String[] LIBRARIES = {
    "libgcc_s.so.1", "libquadmath.so.0", "libgfortran.so.5", "libopenblas.so.0"
  };

  private static final int ROW_MAJOR = 101;
  private static final int NO_TRANSPOSE = 111;
  private static final int TRANSPOSE = 112;

  private OpenBlas() {}

  /**
   * A matrix in memory: element (i, j) is at float {@code offset + i * stride + j}, or at {@code
   * offset + j * stride + i} if it is read transposed.
   */
  public record Operand(MemorySegment memory, long offset, int stride, boolean transposed) {
    /** An operand as it lies. */
    public static Operand of(MemorySegment memory, long offset, int stride) {
      return new Operand(memory, offset, stride, false);
    }

    /** The transpose of what lies there. */
    public static Operand transposeOf(MemorySegment memory, long offset, int stride) {
      return new Operand(memory, offset, stride, true);
    }

    private long address(String name, int rows, int columns) {
      int storedRows = transposed ? columns : rows;
      int storedColumns = transposed ? rows : columns;
      long end = offset + (long) (storedRows - 1) * stride + storedColumns;
      if (offset < 0 || stride < storedColumns || 4 * end > memory.byteSize()) {
        throw new IndexOutOfBoundsException(
            "sgemm %s [%d, %d] at %d with stride %d in %d floats"
                .formatted(name, rows, columns, offset, stride, memory.byteSize() / 4));
      }
      if (!memory.scope().isAlive()) {
        throw new IllegalStateException("sgemm " + name + " is in memory that was freed");
      }
      return memory.address() + 4 * offset;
    }
  }

  /** c = alpha a b + beta c. a [m, k], b [k, n], c [m, n]. */
  public static void sgemm(
      int m, int n, int k, float alpha, Operand a, Operand b, float beta, Operand c) {
    if (m == 0 || n == 0) {
      return;
    }
    if (k == 0) {
      throw new IllegalArgumentException("sgemm of [" + m + ", 0] by [0, " + n + "]");
    }
    Native.require();
    try {
      Native.SGEMM.invokeExact(
          ROW_MAJOR,
          a.transposed() ? TRANSPOSE : NO_TRANSPOSE,
          b.transposed() ? TRANSPOSE : NO_TRANSPOSE,
          m,
          n,
          k,
          alpha,
          a.address("a", m, k),
          a.stride(),
          b.address("b", k, n),
          b.stride(),
          beta,
          c.address("c", m, n),
          c.stride());
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** Version and build, for people; loads the library. */
  public static String config() {
    return Native.text("openblas_get_config");
  }

  /** The processor family that the library chose its kernels for; loads the library. */
  public static String coreName() {
    return Native.text("openblas_get_corename");
  }

  /** Threads that a call computes on: one, the caller's; loads the library. */
  public static int threads() {
    Native.require();
    try {
      var noArguments = FunctionDescriptor.of(JAVA_INT);
      return (int)
          Native.handle(Native.LIBRARY, "openblas_get_num_threads", noArguments).invokeExact();
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /** A function of the library; loads it. */
  static MethodHandle function(String name, FunctionDescriptor descriptor) {
    Native.require();
    return Native.handle(Native.LIBRARY, name, descriptor);
  }

  /** Loads the library now, so that a missing one shows at start. */
  public static void load() {
    Native.require();
  }

  private static RuntimeException rethrown(Throwable e) {
    return switch (e) {
      case RuntimeException runtime -> runtime;
      case Error error -> throw error;
      default -> new IllegalStateException("OpenBLAS call failed", e);
    };
  }

  /**
   * The library and its functions, loaded at first use. A failure is kept rather than thrown by the
   * initialiser, so that every call says what is wrong and not only the first.
   */
  private static final class Native {
    static final OpenBlasException FAILURE;
    static final SymbolLookup LIBRARY;
    static final MethodHandle SGEMM;

    static {
      SymbolLookup library = null;
      MethodHandle sgemm = null;
      OpenBlasException failure = null;
      try {
        library = open();
        sgemm =
            handle(
                library,
                "cblas_sgemm",
                FunctionDescriptor.ofVoid(
                    JAVA_INT,
                    JAVA_INT,
                    JAVA_INT,
                    JAVA_INT,
                    JAVA_INT,
                    JAVA_INT,
                    JAVA_FLOAT,
                    JAVA_LONG,
                    JAVA_INT,
                    JAVA_LONG,
                    JAVA_INT,
                    JAVA_FLOAT,
                    JAVA_LONG,
                    JAVA_INT));
        var one = FunctionDescriptor.ofVoid(JAVA_INT);
        handle(library, "openblas_set_num_threads", one).invokeExact(1);
      } catch (Throwable e) {
        failure =
            new OpenBlasException(
                "cannot load OpenBLAS for %s (org.bytedeco:openblas): %s"
                    .formatted(Loader.getPlatform(), e.getMessage()),
                e);
      }
      LIBRARY = library;
      SGEMM = sgemm;
      FAILURE = failure;
    }

    static void require() {
      if (FAILURE != null) {
        throw new OpenBlasException(FAILURE.getMessage(), FAILURE);
      }
    }

    private static SymbolLookup open() throws IOException {
      SymbolLookup library = null;
      for (String name : LIBRARIES) {
        String resource = "/org/bytedeco/openblas/" + Loader.getPlatform() + "/" + name;
        File file = Loader.cacheResource(resource);
        if (file == null) {
          throw new IOException(resource + " is not on the class path");
        }
        library = SymbolLookup.libraryLookup(Path.of(file.getPath()), Arena.global());
      }
      return library;
    }

    private static MethodHandle handle(
        SymbolLookup library, String name, FunctionDescriptor descriptor) {
      MemorySegment function =
          library
              .find(name)
              .orElseThrow(() -> new UnsatisfiedLinkError("the library has no function " + name));
      return Linker.nativeLinker().downcallHandle(function, descriptor);
    }

    static String text(String name) {
      require();
      try {
        var noArguments = FunctionDescriptor.of(ADDRESS);
        MemorySegment text = (MemorySegment) handle(LIBRARY, name, noArguments).invokeExact();
        return text.reinterpret(Long.MAX_VALUE).getString(0);
      } catch (Throwable e) {
        throw rethrown(e);
      }
    }
  }
}
