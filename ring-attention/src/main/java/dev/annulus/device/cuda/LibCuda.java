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
 * Calls of the CUDA driver that JCuda does not have, or has at a price: a launch through it costs
 * three times the host time of one through here.
 */
final class LibCuda {
  /** CU_MEMPOOL_ATTR_RELEASE_THRESHOLD. */
  private static final int RELEASE_THRESHOLD = 4;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final SymbolLookup LIBRARY =
      SymbolLookup.libraryLookup("libcuda.so.1", Arena.global());

  private static final MethodHandle LAUNCH =
      function(
          "cuLaunchKernel",
          FunctionDescriptor.of(
              JAVA_INT,
              JAVA_LONG,
              JAVA_INT,
              JAVA_INT,
              JAVA_INT,
              JAVA_INT,
              JAVA_INT,
              JAVA_INT,
              JAVA_INT,
              JAVA_LONG,
              ADDRESS,
              ADDRESS));

  private static final MethodHandle SET_POOL_ATTRIBUTE =
      function(
          "cuMemPoolSetAttribute", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, ADDRESS));

  private LibCuda() {}

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

  private static MethodHandle function(String name, FunctionDescriptor type) {
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
