package dev.annulus.device.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Memory of the host that the GPU reads and writes at full speed. Not by JCuda, which lays a Java
 * buffer over it and so ends at two gigabytes.
 */
final class PinnedMemory {
  /** For all contexts of the process. */
  private static final int PORTABLE = 1;

  private static final int OUT_OF_MEMORY = 2;

  private static final MethodHandle ALLOCATE =
      LibCuda.function(
          "cuMemHostAlloc", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

  private PinnedMemory() {}

  /**
   * Takes memory; {@link CudaDriver#freePinned} gives it back.
   *
   * @return its address, or 0 if there is not enough
   */
  static long allocate(long bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = arena.allocate(JAVA_LONG);
      int result;
      try {
        result = (int) ALLOCATE.invokeExact(address, bytes, PORTABLE);
      } catch (Throwable e) {
        throw new IllegalStateException("cuMemHostAlloc", e);
      }
      if (result == OUT_OF_MEMORY) {
        return 0;
      }
      CudaDriver.check("cuMemHostAlloc", result);
      return address.get(JAVA_LONG, 0);
    }
  }
}
