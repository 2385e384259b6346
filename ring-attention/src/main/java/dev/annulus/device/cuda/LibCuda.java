package dev.annulus.device.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Calls of the CUDA driver that JCuda 12.6 does not have, or not for us: its cuModuleLoadFatBinary
 * gives a handle that the driver refuses, and its launch takes several times the host time of one
 * from here.
 */
final class LibCuda {
  /** CU_MEMPOOL_ATTR_RELEASE_THRESHOLD. */
  private static final int RELEASE_THRESHOLD = 4;

  /** CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES. */
  private static final int MAX_DYNAMIC_SHARED = 8;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final SymbolLookup LIBRARY =
      SymbolLookup.libraryLookup("libcuda.so.1", Arena.global());

  private static final MethodHandle LAUNCH =
      function(
          "cuLaunchKernel",
          FunctionDescriptor.of(
              JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT,
              JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS));

  private static final MethodHandle SET_POOL_ATTRIBUTE =
      function(
          "cuMemPoolSetAttribute", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, ADDRESS));

  private static final MethodHandle TRIM_POOL =
      function("cuMemPoolTrimTo", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));

  private static final MethodHandle LOAD_MODULE =
      function("cuModuleLoadData", FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));

  private static final MethodHandle UNLOAD_MODULE =
      function("cuModuleUnload", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));

  private static final MethodHandle GET_FUNCTION =
      function("cuModuleGetFunction", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS));

  private static final MethodHandle SET_FUNCTION_ATTRIBUTE =
      function(
          "cuFuncSetAttribute", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT));

  private static final MethodHandle ENCODE_TILED =
      function(
          "cuTensorMapEncodeTiled",
          FunctionDescriptor.of(
              JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS, ADDRESS, ADDRESS, ADDRESS,
              JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));

  private LibCuda() {}

  /**
   * Writes a tensor map as kernels take it.
   *
   * @param target of {@link TensorMap#BYTES} bytes, aligned to {@link TensorMap#ALIGNMENT}
   */
  static void encode(TensorMap map, MemorySegment target) {
    int result;
    try (Arena arena = Arena.ofConfined()) {
      result =
          (int)
              ENCODE_TILED.invokeExact(
                  target,
                  TensorMap.BFLOAT16,
                  TensorMap.DIMENSIONS,
                  map.address(),
                  arena.allocateFrom(JAVA_LONG, map.sizes()),
                  arena.allocateFrom(JAVA_LONG, map.strides()),
                  arena.allocateFrom(JAVA_INT, map.box()),
                  arena.allocateFrom(JAVA_INT, map.steps()),
                  TensorMap.NOT_INTERLEAVED,
                  TensorMap.SWIZZLE_128_BYTES,
                  TensorMap.PROMOTE_128_BYTES,
                  TensorMap.ZERO_OUTSIDE);
    } catch (Throwable e) {
      throw new IllegalStateException("cuTensorMapEncodeTiled", e);
    }
    CudaDriver.check("cuTensorMapEncodeTiled", result);
  }

  /**
   * Loads compiled kernels into the current context.
   *
   * @return handle of the module
   */
  static long loadModule(String name, byte[] code) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment handle = arena.allocate(JAVA_LONG);
      MemorySegment image = arena.allocate(code.length, 64).copyFrom(MemorySegment.ofArray(code));
      int result;
      try {
        result = (int) LOAD_MODULE.invokeExact(handle, image);
      } catch (Throwable e) {
        throw new IllegalStateException("cuModuleLoadData", e);
      }
      CudaDriver.check("cuModuleLoadData(" + name + ")", result);
      return handle.get(JAVA_LONG, 0);
    }
  }

  static void unloadModule(long module) {
    int result;
    try {
      result = (int) UNLOAD_MODULE.invokeExact(module);
    } catch (Throwable e) {
      throw new IllegalStateException("cuModuleUnload", e);
    }
    CudaDriver.check("cuModuleUnload", result);
  }

  /**
   * A kernel of a module.
   *
   * @param sharedBytes dynamic shared memory that it may be launched with
   * @return handle of the function
   */
  static long function(long module, String name, int sharedBytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment handle = arena.allocate(JAVA_LONG);
      int result;
      int attribute;
      try {
        result = (int) GET_FUNCTION.invokeExact(handle, module, arena.allocateFrom(name));
        CudaDriver.check("cuModuleGetFunction(" + name + ")", result);
        attribute =
            (int)
                SET_FUNCTION_ATTRIBUTE.invokeExact(
                    handle.get(JAVA_LONG, 0), MAX_DYNAMIC_SHARED, sharedBytes);
      } catch (CudaException e) {
        throw e;
      } catch (Throwable e) {
        throw new IllegalStateException("cuModuleGetFunction", e);
      }
      CudaDriver.check("cuFuncSetAttribute(" + name + ")", attribute);
      return handle.get(JAVA_LONG, 0);
    }
  }

  /**
   * Queues a kernel.
   *
   * @param function handle of it
   * @param stream handle of the queue
   * @param parameters addresses of its parameters, one behind the other; they are copied
   */
  static void launch(
      String name,
      long function,
      int gridX,
      int gridY,
      int threads,
      int sharedBytes,
      long stream,
      MemorySegment parameters) {
    int result;
    try {
      result =
          (int)
              LAUNCH.invokeExact(
                  function,
                  gridX,
                  gridY,
                  1,
                  threads,
                  1,
                  1,
                  sharedBytes,
                  stream,
                  parameters,
                  MemorySegment.NULL);
    } catch (Throwable e) {
      throw new IllegalStateException("cuLaunchKernel", e);
    }
    if (result != 0) {
      CudaDriver.check("cuLaunchKernel(" + name + ")", result);
    }
  }

  /** A pool keeps what was freed, instead of giving it back at every synchronisation. */
  static void keepFreedMemory(CudaDriver.Pool pool) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment everything = arena.allocateFrom(ValueLayout.JAVA_LONG, -1L);
      int result;
      try {
        result = (int) SET_POOL_ATTRIBUTE.invokeExact(pool.handle(), RELEASE_THRESHOLD, everything);
      } catch (Throwable e) {
        throw new IllegalStateException("cuMemPoolSetAttribute", e);
      }
      CudaDriver.check("cuMemPoolSetAttribute", result);
    }
  }

  /** A pool gives back what it keeps. */
  static void giveBackFreedMemory(CudaDriver.Pool pool) {
    int result;
    try {
      result = (int) TRIM_POOL.invokeExact(pool.handle(), 0L);
    } catch (Throwable e) {
      throw new IllegalStateException("cuMemPoolTrimTo", e);
    }
    CudaDriver.check("cuMemPoolTrimTo", result);
  }

  /** A function of the driver. */
  static MethodHandle function(String name, FunctionDescriptor type) {
    return LINKER.downcallHandle(
        LIBRARY
            .find(name)
            .orElseThrow(
                () ->
                    new CudaUnavailableException(
                        "libcuda.so.1 has no " + name, "update the NVIDIA driver", null)),
        type);
  }
}
