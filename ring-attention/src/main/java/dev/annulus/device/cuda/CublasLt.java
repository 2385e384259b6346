package dev.annulus.device.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * Calls of cublasLt, of CUDA 12 or 13, whichever the host has. Opaque objects are addresses;
 * matrices are column-major, as the library has them.
 */
final class CublasLt implements AutoCloseable {
  private static final int HEURISTIC_BYTES = 96; // algorithm 64, workspace 8, state 4, the rest
  private static final int STATE_OFFSET = 72;

  private static final int COMPUTE_32F = 68;
  private static final int TYPE_32F = 0;
  private static final int DESC_TRANSA = 3;
  private static final int DESC_TRANSB = 4;
  private static final int PREF_MAX_WORKSPACE_BYTES = 1;
  private static final int PREF_REDUCTION_SCHEME_MASK = 3;
  private static final int PREF_MIN_ALIGNMENT_A = 5;

  /** Partial sums in fp32 in the workspace, added in one order. */
  private static final int REDUCTION_COMPUTE_TYPE = 2;

  private final SymbolLookup library;
  private final String name;
  private final Arena arena = Arena.ofShared();
  private final MethodHandle matmul;
  private final MethodHandle statusName;
  private final MemorySegment handle;

  /** The library of this host; needs a current context. */
  CublasLt() {
    CublasLibrary found = CublasLibrary.find(arena);
    this.library = found.lookup();
    this.name = found.name();
    CublasLibrary.requireKnown(name, version());
    this.statusName = function("cublasLtGetStatusName", FunctionDescriptor.of(ADDRESS, JAVA_INT));
    this.matmul =
        function(
            "cublasLtMatmul",
            FunctionDescriptor.of(
                JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS,
                ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG,
                JAVA_LONG));
    this.handle = create("cublasLtCreate");
  }

  private long version() {
    MethodHandle version = function("cublasLtGetVersion", FunctionDescriptor.of(JAVA_LONG));
    try {
      return (long) version.invokeExact();
    } catch (Throwable e) {
      throw new IllegalStateException("cublasLtGetVersion", e);
    }
  }

  /** Which library it is. */
  String name() {
    return name;
  }

  /** An operation: transpositions of both operands, sums in fp32. */
  MemorySegment newOperation(boolean transposeA, boolean transposeB) {
    MemorySegment operation = create("cublasLtMatmulDescCreate", COMPUTE_32F, TYPE_32F);
    set("cublasLtMatmulDescSetAttribute", operation, DESC_TRANSA, transposeA ? 1 : 0);
    set("cublasLtMatmulDescSetAttribute", operation, DESC_TRANSB, transposeB ? 1 : 0);
    return operation;
  }

  /** A column-major matrix without gaps between its columns. */
  MemorySegment newLayout(int type, long rows, long columns) {
    MemorySegment slot = arena.allocate(ADDRESS);
    call(
        "cublasLtMatrixLayoutCreate",
        FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG),
        slot,
        type,
        rows,
        columns,
        rows);
    return slot.get(ADDRESS, 0);
  }

  /**
   * The algorithm that the library holds for the best.
   *
   * @param workspaceBytes that it may use
   * @param alignment of all matrices, in bytes
   * @return null if it has none
   */
  MemorySegment findAlgorithm(
      MemorySegment operation,
      MemorySegment a,
      MemorySegment b,
      MemorySegment c,
      long workspaceBytes,
      int alignment) {
    MemorySegment preference = create("cublasLtMatmulPreferenceCreate");
    String setPreference = "cublasLtMatmulPreferenceSetAttribute";
    set(setPreference, preference, PREF_MAX_WORKSPACE_BYTES, workspaceBytes);
    set(setPreference, preference, PREF_REDUCTION_SCHEME_MASK, REDUCTION_COMPUTE_TYPE);
    for (int matrix = 0; matrix < 4; matrix++) {
      set(setPreference, preference, PREF_MIN_ALIGNMENT_A + matrix, alignment);
    }
    MemorySegment found = arena.allocate(HEURISTIC_BYTES, 16);
    MemorySegment count = arena.allocate(JAVA_INT);
    found.set(JAVA_INT, STATE_OFFSET, -1);
    int status =
        invoke(
            "cublasLtMatmulAlgoGetHeuristic",
            FunctionDescriptor.of(
                JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_INT,
                ADDRESS, ADDRESS),
            handle,
            operation,
            a,
            b,
            c,
            c,
            preference,
            1,
            found,
            count);
    call("cublasLtMatmulPreferenceDestroy", FunctionDescriptor.of(JAVA_INT, ADDRESS), preference);
    boolean usable =
        status == 0 && count.get(JAVA_INT, 0) > 0 && found.get(JAVA_INT, STATE_OFFSET) == 0;
    return usable ? found : null;
  }

  /** Queues d = a b + beta c; the factors are floats in native memory. */
  void multiply(
      MemorySegment operation,
      MemorySegment one,
      long a,
      MemorySegment layoutA,
      long b,
      MemorySegment layoutB,
      MemorySegment beta,
      long c,
      long d,
      MemorySegment layoutC,
      MemorySegment algorithm,
      long workspace,
      long workspaceBytes,
      long stream) {
    int status;
    try {
      status =
          (int)
              matmul.invokeExact(
                  handle,
                  operation,
                  one,
                  a,
                  layoutA,
                  b,
                  layoutB,
                  beta,
                  c,
                  layoutC,
                  d,
                  layoutC,
                  algorithm,
                  workspace,
                  workspaceBytes,
                  stream);
    } catch (Throwable e) {
      throw new IllegalStateException("cublasLtMatmul", e);
    }
    if (status != 0) {
      throw failure("cublasLtMatmul", status);
    }
  }

  /** A float in native memory, for as long as the library is open. */
  MemorySegment number(float value) {
    return arena.allocateFrom(JAVA_FLOAT, value);
  }

  @Override
  public void close() {
    call("cublasLtDestroy", FunctionDescriptor.of(JAVA_INT, ADDRESS), handle);
    arena.close();
  }

  private MemorySegment create(String function, Object... arguments) {
    MemorySegment slot = arena.allocate(ADDRESS);
    Object[] all = new Object[arguments.length + 1];
    MemoryLayout[] types = new MemoryLayout[all.length];
    all[0] = slot;
    types[0] = ADDRESS;
    for (int i = 0; i < arguments.length; i++) {
      all[i + 1] = arguments[i];
      types[i + 1] = JAVA_INT;
    }
    call(function, FunctionDescriptor.of(JAVA_INT, types), all);
    return slot.get(ADDRESS, 0);
  }

  private void set(String function, MemorySegment object, int attribute, int value) {
    set(function, object, attribute, arena.allocateFrom(JAVA_INT, value));
  }

  private void set(String function, MemorySegment object, int attribute, long value) {
    set(function, object, attribute, arena.allocateFrom(JAVA_LONG, value));
  }

  private void set(String function, MemorySegment object, int attribute, MemorySegment value) {
    call(
        function,
        FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG),
        object,
        attribute,
        value,
        value.byteSize());
  }

  private void call(String function, FunctionDescriptor type, Object... arguments) {
    int status = invoke(function, type, arguments);
    if (status != 0) {
      throw failure(function, status);
    }
  }

  private int invoke(String function, FunctionDescriptor type, Object... arguments) {
    try {
      return (int) function(function, type).invokeWithArguments(arguments);
    } catch (Throwable e) {
      throw new IllegalStateException(function, e);
    }
  }

  private MethodHandle function(String function, FunctionDescriptor type) {
    return Linker.nativeLinker()
        .downcallHandle(
            library
                .find(function)
                .orElseThrow(
                    () ->
                        new CudaUnavailableException(
                            name + " has no " + function,
                            "install cublasLt of CUDA 12 or 13",
                            null)),
            type);
  }

  private CudaException failure(String function, int status) {
    String code = "status " + status;
    try {
      MemorySegment text = (MemorySegment) statusName.invokeExact(status);
      code = text.reinterpret(256).getString(0);
    } catch (Throwable e) {
      code = code + " (" + e + ")";
    }
    return new CudaException(function, code, name, "");
  }
}
