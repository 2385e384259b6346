package dev.annulus.device.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Memory of a GPU that processes of a host show each other: plain allocations, as memory of a pool
 * has no handle of this kind. JCuda keeps the bytes of a handle to itself, hence not by it.
 */
final class IpcMemory {
  /** Of a handle. */
  static final int BYTES = 64;

  /** Smaller allocations may share a page, and a handle would show the neighbours too. */
  private static final long PAGE = 2L << 20;

  private static final int OUT_OF_MEMORY = 2;

  /** CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS: of another GPU too. */
  private static final int LAZY_PEER_ACCESS = 1;

  private static final MethodHandle ALLOCATE =
      LibCuda.function("cuMemAlloc_v2", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle FREE =
      LibCuda.function("cuMemFree_v2", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));
  private static final MethodHandle HANDLE =
      LibCuda.function("cuIpcGetMemHandle", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
  private static final MethodHandle OPEN =
      LibCuda.function(
          "cuIpcOpenMemHandle_v2",
          FunctionDescriptor.of(
              JAVA_INT,
              ADDRESS,
              MemoryLayout.structLayout(MemoryLayout.sequenceLayout(BYTES, JAVA_BYTE)),
              JAVA_INT));
  private static final MethodHandle CLOSE =
      LibCuda.function("cuIpcCloseMemHandle", FunctionDescriptor.of(JAVA_INT, JAVA_LONG));

  private IpcMemory() {}

  /** Bytes that are taken for so many. */
  static long taken(long bytes) {
    return Math.ceilDiv(Math.max(1, bytes), PAGE) * PAGE;
  }

  /** An address, or 0 if there is not enough memory. */
  static long allocate(long bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = arena.allocate(JAVA_LONG);
      int result;
      try {
        result = (int) ALLOCATE.invokeExact(address, taken(bytes));
      } catch (Throwable e) {
        throw new IllegalStateException("cuMemAlloc", e);
      }
      if (result == OUT_OF_MEMORY) {
        return 0;
      }
      CudaDriver.check("cuMemAlloc", result);
      return address.get(JAVA_LONG, 0);
    }
  }

  static void free(long address) {
    call("cuMemFree", FREE, address);
  }

  /** What another process opens an allocation by. */
  static byte[] handle(long address) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment handle = arena.allocate(BYTES, Long.BYTES);
      int result;
      try {
        result = (int) HANDLE.invokeExact(handle, address);
      } catch (Throwable e) {
        throw new IllegalStateException("cuIpcGetMemHandle", e);
      }
      CudaDriver.check("cuIpcGetMemHandle", result);
      return handle.toArray(JAVA_BYTE);
    }
  }

  /** The address of another process's allocation, in this one. */
  static long open(byte[] handle) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = arena.allocate(JAVA_LONG);
      MemorySegment bytes = arena.allocate(BYTES, Long.BYTES);
      MemorySegment.copy(handle, 0, bytes, JAVA_BYTE, 0, BYTES);
      int result;
      try {
        result = (int) OPEN.invokeExact(address, bytes, LAZY_PEER_ACCESS);
      } catch (Throwable e) {
        throw new IllegalStateException("cuIpcOpenMemHandle", e);
      }
      CudaDriver.check(
          "cuIpcOpenMemHandle (memory of another worker; device.peer_copies: off does without)",
          result);
      return address.get(JAVA_LONG, 0);
    }
  }

  static void close(long address) {
    call("cuIpcCloseMemHandle", CLOSE, address);
  }

  private static void call(String name, MethodHandle function, long address) {
    int result;
    try {
      result = (int) function.invokeExact(address);
    } catch (Throwable e) {
      throw new IllegalStateException(name, e);
    }
    CudaDriver.check(name, result);
  }
}
