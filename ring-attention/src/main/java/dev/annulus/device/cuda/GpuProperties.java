package dev.annulus.device.cuda;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/**
 * What a GPU is.
 *
 * @param ordinal its number in this process
 * @param name as NVIDIA calls it
 * @param computeCapability 10 * major + minor: 80 is an A100, 90 an H100
 * @param multiprocessors that work side by side
 * @param sharedBytes shared memory that a block can have at most
 * @param totalBytes of memory
 * @param driverVersion 1000 * major + 10 * minor of the CUDA that the driver supports
 */
public record GpuProperties(
    int ordinal,
    String name,
    int computeCapability,
    int multiprocessors,
    int sharedBytes,
    long totalBytes,
    int driverVersion) {
  /** Kernels and bf16 tensor cores need Ampere. */
  private static final int MIN_COMPUTE_CAPABILITY = 80;

  // Numbers of CUdevice_attribute.
  private static final int MULTIPROCESSOR_COUNT = 16;
  private static final int CAPABILITY_MAJOR = 75;
  private static final int CAPABILITY_MINOR = 76;
  private static final int MAX_SHARED_MEMORY_PER_BLOCK_OPTIN = 97;
  private static final int MEMORY_POOLS_SUPPORTED = 115;

  /**
   * All GPUs that this process sees.
   *
   * @throws CudaUnavailableException if there is no driver or no GPU
   */
  public static List<GpuProperties> all() {
    int count = CudaDriver.initialize();
    List<GpuProperties> gpus = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int capability =
          10 * CudaDriver.attribute(i, CAPABILITY_MAJOR)
              + CudaDriver.attribute(i, CAPABILITY_MINOR);
      gpus.add(
          new GpuProperties(
              i,
              CudaDriver.deviceName(i),
              capability,
              CudaDriver.attribute(i, MULTIPROCESSOR_COUNT),
              CudaDriver.attribute(i, MAX_SHARED_MEMORY_PER_BLOCK_OPTIN),
              CudaDriver.totalBytes(i),
              CudaDriver.driverVersion()));
    }
    return List.copyOf(gpus);
  }

  /**
   * The GPU of that number, if this program can run on it.
   *
   * @throws CudaUnavailableException if not
   */
  public static GpuProperties usable(int ordinal) {
    List<GpuProperties> gpus = all();
    if (ordinal >= gpus.size()) {
      throw new CudaUnavailableException(
          "GPU " + ordinal + " of " + gpus.size(),
          "start one worker a GPU, and look at CUDA_VISIBLE_DEVICES",
          null);
    }
    GpuProperties gpu = gpus.get(ordinal);
    gpu.requireUsable(CudaDriver.attribute(ordinal, MEMORY_POOLS_SUPPORTED) != 0);
    return gpu;
  }

  /**
   * Refuses a GPU that the kernels or the memory of this program are not made for.
   *
   * @param memoryPools whether it gives stream-ordered memory
   * @throws CudaUnavailableException if it is such a GPU
   */
  void requireUsable(boolean memoryPools) {
    if (computeCapability < MIN_COMPUTE_CAPABILITY) {
      throw new CudaUnavailableException(
          describe() + " is too old",
          "an Ampere or newer GPU is needed (compute capability 8.0)",
          null);
    }
    if (!memoryPools) {
      throw new CudaUnavailableException(
          describe() + " gives no stream-ordered memory",
          "a whole GPU and a driver of CUDA 12 or later are needed",
          null);
    }
  }

  /** As nvidia-smi shows it: the same GPU has it in every process and after every restart. */
  public String uuid() {
    ByteBuffer bytes = ByteBuffer.wrap(CudaDriver.uuid(ordinal));
    return "GPU-" + new UUID(bytes.getLong(), bytes.getLong());
  }

  /** For people. */
  public String describe() {
    return String.format(
        Locale.ROOT,
        "%s (compute capability %d.%d, %.1f GiB, driver for CUDA %d.%d)",
        name,
        computeCapability / 10,
        computeCapability % 10,
        totalBytes / (double) (1 << 30),
        driverVersion / 1000,
        driverVersion % 1000 / 10);
  }
}
