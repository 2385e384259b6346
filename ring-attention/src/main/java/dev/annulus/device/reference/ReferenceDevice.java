package dev.annulus.device.reference;

import dev.annulus.attention.AttentionKernel;
import dev.annulus.attention.reference.ReferenceAttentionKernel;
import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.HostMemory;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import java.lang.foreign.MemorySegment;

/** A device of host memory and the reference operations: right, and slow. */
public final class ReferenceDevice implements Device {
  private final HostMemory memory = new HostMemory();
  private final Kernels kernels = new ReferenceKernels();
  private final AttentionKernel attention = new ReferenceAttentionKernel();

  @Override
  public String describe() {
    return "reference (plain double precision)";
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
  public boolean computesIn(DataType type) {
    return type.isFloat();
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
