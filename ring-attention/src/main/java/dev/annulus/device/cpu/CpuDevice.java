package dev.annulus.device.cpu;

import dev.annulus.attention.AttentionKernel;
import dev.annulus.attention.cpu.CpuAttention;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.HostMemory;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import java.lang.foreign.MemorySegment;

/** The CPU: host memory, OpenBLAS and the Vector API, computing on the thread that calls. */
public final class CpuDevice implements Device {
  private final HostMemory memory = new HostMemory();
  private final Kernels kernels = new CpuKernels();
  private final AttentionKernel attention;

  /**
   * Loads OpenBLAS.
   *
   * @throws OpenBlasException if it cannot be loaded
   */
  public CpuDevice() {
    OpenBlas.load();
    this.attention = new CpuAttention(memory.newArena());
  }

  @Override
  public String describe() {
    return "CPU, %d-bit vectors, %s for %s"
        .formatted(
            Lanes.FLOATS.vectorBitSize(), OpenBlas.config().strip(), OpenBlas.coreName().strip());
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
    memory.close();
  }
}
