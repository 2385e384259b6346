package dev.annulus.ring;

import dev.annulus.attention.AttentionKernel;
import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import dev.annulus.device.reference.ReferenceDevice;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;

/** The reference device, with the bytes of arenas that are not closed counted. */
final class CountedDevice implements Device {
  private final ReferenceDevice reference = new ReferenceDevice();
  private final AtomicLong held;

  /**
   * @param held may be shared by devices
   */
  CountedDevice(AtomicLong held) {
    this.held = held;
  }

  @Override
  public DeviceArena newArena() {
    DeviceArena arena = reference.newArena();
    AtomicLong own = new AtomicLong();
    return new DeviceArena() {
      @Override
      public Tensor allocate(DataType type, long rows, long columns) {
        Tensor tensor = arena.allocate(type, rows, columns);
        own.addAndGet(tensor.bytes());
        held.addAndGet(tensor.bytes());
        return tensor;
      }

      @Override
      public void close() {
        arena.close();
        held.addAndGet(-own.getAndSet(0));
      }
    };
  }

  @Override
  public String describe() {
    return "counted";
  }

  @Override
  public Kernels kernels() {
    return reference.kernels();
  }

  @Override
  public AttentionKernel attention() {
    return reference.attention();
  }

  @Override
  public void upload(MemorySegment host, Tensor tensor) {
    reference.upload(host, tensor);
  }

  @Override
  public void download(Tensor tensor, MemorySegment host) {
    reference.download(tensor, host);
  }

  @Override
  public long peakBytes() {
    return reference.peakBytes();
  }

  @Override
  public void close() {
    reference.close();
  }
}
