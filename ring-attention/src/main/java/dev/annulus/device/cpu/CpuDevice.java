package dev.annulus.device.cpu;

import dev.annulus.attention.AttentionKernel;
import dev.annulus.attention.cpu.CpuAttention;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.HostMemory;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import java.lang.foreign.MemorySegment;

/**
 * The CPU: host memory, OpenBLAS and the Vector API, on the thread that calls and helpers of its
 * own. The bits of a result do not depend on the number of threads.
 */
public final class CpuDevice implements Device {
  private final HostMemory memory = new HostMemory();
  private final CpuThreads threads;
  private final Kernels kernels;
  private final AttentionKernel attention;

  /**
   * Computes on the calling thread only.
   *
   * @throws OpenBlasException if OpenBLAS cannot be loaded
   */
  public CpuDevice() {
    this(1);
  }

  /**
   * Loads OpenBLAS and starts the helpers.
   *
   * @param threadCount threads in all, the caller's included; more than the cores that are free for
   *     it only make it slower
   * @throws OpenBlasException if OpenBLAS cannot be loaded
   */
  public CpuDevice(int threadCount) {
    OpenBlas.load();
    this.threads = new CpuThreads(threadCount);
    this.kernels = new CpuKernels(threads);
    this.attention = new CpuAttention(memory.newArena(), threads);
  }

  @Override
  public String describe() {
    return "CPU, %d %s, %d-bit vectors, %s for %s"
        .formatted(
            threads.count(),
            threads.count() == 1 ? "thread" : "threads",
            Lanes.FLOATS.vectorBitSize(),
            OpenBlas.config().strip(),
            OpenBlas.coreName().strip());
  }

  @Override
  public DeviceArena newArena() {
    return memory.newArena();
  }

  @Override
  public Kernels kernels() {
    return kernels;
  }

  @Override
  public AttentionKernel attention() {
    return attention;
  }

  @Override
  public void upload(MemorySegment host, Tensor tensor) {
    memory.upload(host, tensor);
  }

  @Override
  public void download(Tensor tensor, MemorySegment host) {
    memory.download(tensor, host);
  }

  @Override
  public long peakBytes() {
    return memory.peakBytes();
  }

  @Override
  public void close() {
    threads.close();
    memory.close();
  }
}
