package dev.annulus.device.cuda;

import java.nio.charset.StandardCharsets;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUmemLocation;
import jcuda.driver.CUmemPoolProps;
import jcuda.driver.CUmemoryPool;
import jcuda.driver.CUstream;
import jcuda.driver.CUuuid;
import jcuda.driver.JCudaDriver;

/**
 * The CUDA driver through JCuda, and the only file that knows JCuda: every call checked, handles
 * and addresses as plain numbers. Memory handed to it is native: JCuda pins arrays otherwise.
 */
final class CudaDriver {
  private static final int SUCCESS = 0;
  private static final int NOT_READY = 600;
  private static final int PEER_ACCESS_ALREADY_ENABLED = 704;
  private static final int NON_BLOCKING = 1;
  private static final int POOL_PINNED = 1;
  private static final int LOCATION_DEVICE = 1;

  /** An address is a null pointer and an offset: JCuda makes no pointer of a number. */
  private static final CUdeviceptr NULL = new CUdeviceptr();

  private CudaDriver() {}

  /**
   * Loads and initialises the driver.
   *
   * @return number of GPUs
   * @throws CudaUnavailableException if there is no driver or no GPU
   */
  static int initialize() {
    try {
      JCudaDriver.setExceptionsEnabled(false);
      check("cuInit", JCudaDriver.cuInit(0));
      int[] count = new int[1];
      check("cuDeviceGetCount", JCudaDriver.cuDeviceGetCount(count));
      return count[0];
    } catch (LinkageError e) {
      throw new CudaUnavailableException(
          "the CUDA driver cannot be loaded (libcuda.so.1)",
          "install NVIDIA's driver, or in a container ask for the GPU (--gpus all)",
          e);
    } catch (CudaException e) {
      throw new CudaUnavailableException(
          "the CUDA driver does not start", String.valueOf(e.getMessage()), e);
    }
  }

  /** 1000 * major + 10 * minor of the CUDA that the driver supports. */
  static int driverVersion() {
    int[] version = new int[1];
    check("cuDriverGetVersion", JCudaDriver.cuDriverGetVersion(version));
    return version[0];
  }

  static String deviceName(int ordinal) {
    byte[] name = new byte[256];
    check("cuDeviceGetName", JCudaDriver.cuDeviceGetName(name, name.length, device(ordinal)));
    int end = 0;
    while (name[end] != 0) {
      end++;
    }
    return new String(name, 0, end, StandardCharsets.UTF_8);
  }

  /** An attribute by its number in cuda.h. */
  static int attribute(int ordinal, int attribute) {
    int[] value = new int[1];
    check(
        "cuDeviceGetAttribute",
        JCudaDriver.cuDeviceGetAttribute(value, attribute, device(ordinal)));
    return value[0];
  }

  static long totalBytes(int ordinal) {
    long[] bytes = new long[1];
    check("cuDeviceTotalMem", JCudaDriver.cuDeviceTotalMem(bytes, device(ordinal)));
    return bytes[0];
  }

  /** The same for all processes that see the GPU, 16 bytes. */
  static byte[] uuid(int ordinal) {
    CUuuid uuid = new CUuuid();
    check("cuDeviceGetUuid", JCudaDriver.cuDeviceGetUuid(uuid, device(ordinal)));
    return uuid.bytes;
  }

  /** Whether a GPU reads the memory of another one without the host. */
  static boolean canAccessPeer(int ordinal, int other) {
    int[] can = new int[1];
    check(
        "cuDeviceCanAccessPeer",
        JCudaDriver.cuDeviceCanAccessPeer(can, device(ordinal), device(other)));
    return can[0] != 0;
  }

  /** The context that all of a process share for a GPU. */
  static final class Context {
    private final CUcontext handle = new CUcontext();
    private final CUdevice device;
    private final int ordinal;

    Context(int ordinal) {
      this.ordinal = ordinal;
      this.device = device(ordinal);
      check("cuDevicePrimaryCtxRetain", JCudaDriver.cuDevicePrimaryCtxRetain(handle, device));
    }

    /** Makes it the context of the calling thread's calls. */
    void makeCurrent() {
      check("cuCtxSetCurrent", JCudaDriver.cuCtxSetCurrent(handle));
    }

    /** Lets the current context read memory of this one, on another GPU. */
    void letReadFromCurrent() {
      int result = JCudaDriver.cuCtxEnablePeerAccess(handle, 0);
      if (result != PEER_ACCESS_ALREADY_ENABLED) {
        check("cuCtxEnablePeerAccess", result);
      }
    }

    void release() {
      check("cuDevicePrimaryCtxRelease", JCudaDriver.cuDevicePrimaryCtxRelease(device));
    }

    int ordinal() {
      return ordinal;
    }

    /** Bytes of the GPU that nobody has, of any process. */
    long freeBytes() {
      long[] free = new long[1];
      long[] total = new long[1];
      check("cuMemGetInfo", JCudaDriver.cuMemGetInfo(free, total));
      return free[0];
    }
  }

  /** A queue of work, carried out in order. */
  static final class Stream extends CUstream {
    Stream() {
      check("cuStreamCreate", JCudaDriver.cuStreamCreate(this, NON_BLOCKING));
    }

    long handle() {
      return getNativePointer();
    }

    void synchronize() {
      check("cuStreamSynchronize", JCudaDriver.cuStreamSynchronize(this));
    }

    /** What is queued here from now on begins after the event. */
    void await(Event event) {
      check("cuStreamWaitEvent", JCudaDriver.cuStreamWaitEvent(this, event, 0));
    }

    void destroy() {
      check("cuStreamDestroy", JCudaDriver.cuStreamDestroy(this));
    }
  }

  /** A point in a queue. */
  static final class Event extends CUevent {
    Event() {
      check("cuEventCreate", JCudaDriver.cuEventCreate(this, 0));
    }

    void record(Stream stream) {
      check("cuEventRecord", JCudaDriver.cuEventRecord(this, stream));
    }

    /** Whether the queue has reached it. */
    boolean isReached() {
      int result = JCudaDriver.cuEventQuery(this);
      if (result != NOT_READY) {
        check("cuEventQuery", result);
      }
      return result == SUCCESS;
    }

    /** Waits until the queue has reached it. */
    void synchronize() {
      check("cuEventSynchronize", JCudaDriver.cuEventSynchronize(this));
    }

    float millisSince(Event start) {
      float[] millis = new float[1];
      check("cuEventElapsedTime", JCudaDriver.cuEventElapsedTime(millis, start, this));
      return millis[0];
    }

    void destroy() {
      check("cuEventDestroy", JCudaDriver.cuEventDestroy(this));
    }
  }

  /** Device memory whose allocation is queued like work, and which is kept for the next. */
  static final class Pool extends CUmemoryPool {
    Pool(int ordinal) {
      CUmemPoolProps properties = new CUmemPoolProps();
      properties.allocType = POOL_PINNED;
      properties.location = new CUmemLocation(LOCATION_DEVICE, ordinal);
      check("cuMemPoolCreate", JCudaDriver.cuMemPoolCreate(this, properties));
    }

    long handle() {
      return getNativePointer();
    }

    /** An address, or 0 if there is not enough memory. */
    long allocate(long bytes, Stream stream) {
      Address address = new Address();
      int result = JCudaDriver.cuMemAllocFromPoolAsync(address, bytes, this, stream);
      if ("CUDA_ERROR_OUT_OF_MEMORY".equals(codeOf(result))) {
        return 0;
      }
      check("cuMemAllocFromPoolAsync", result);
      return address.value();
    }

    void destroy() {
      check("cuMemPoolDestroy", JCudaDriver.cuMemPoolDestroy(this));
    }
  }

  static void free(long address, Stream stream) {
    check("cuMemFreeAsync", JCudaDriver.cuMemFreeAsync(at(address), stream));
  }

  static void clear(long address, long bytes, Stream stream) {
    check("cuMemsetD8Async", JCudaDriver.cuMemsetD8Async(at(address), (byte) 0, bytes, stream));
  }

  static void copyToDevice(long host, long device, long bytes, Stream stream) {
    check(
        "cuMemcpyHtoDAsync",
        JCudaDriver.cuMemcpyHtoDAsync(at(device), new HostAddress(host), bytes, stream));
  }

  static void copyToHost(long device, long host, long bytes, Stream stream) {
    check(
        "cuMemcpyDtoHAsync",
        JCudaDriver.cuMemcpyDtoHAsync(new HostAddress(host), at(device), bytes, stream));
  }

  static void copyOnDevice(long from, long to, long bytes, Stream stream) {
    check("cuMemcpyDtoDAsync", JCudaDriver.cuMemcpyDtoDAsync(at(to), at(from), bytes, stream));
  }

  /** Gives back what {@link PinnedMemory} took. */
  static void freePinned(long address) {
    check("cuMemFreeHost", JCudaDriver.cuMemFreeHost(new HostAddress(address)));
  }

  /** Throws unless the call succeeded. */
  static void check(String call, int result) {
    if (result != SUCCESS) {
      String[] text = new String[1];
      JCudaDriver.cuGetErrorString(result, text);
      String code = codeOf(result);
      throw new CudaException(call, code, String.valueOf(text[0]), DriverAdvice.of(code));
    }
  }

  private static String codeOf(int result) {
    String[] name = new String[1];
    JCudaDriver.cuGetErrorName(result, name);
    return name[0] == null ? "CUDA error " + result : name[0];
  }

  private static CUdevice device(int ordinal) {
    CUdevice device = new CUdevice();
    check("cuDeviceGet", JCudaDriver.cuDeviceGet(device, ordinal));
    return device;
  }

  private static CUdeviceptr at(long address) {
    return NULL.withByteOffset(address);
  }

  /** A device address that the driver gives. */
  private static final class Address extends CUdeviceptr {
    long value() {
      return getNativePointer();
    }
  }

  /** A host address. */
  private static final class HostAddress extends Pointer {
    HostAddress(long address) {
      super(address);
    }
  }
}
