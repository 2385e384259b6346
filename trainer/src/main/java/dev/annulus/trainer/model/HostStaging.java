package dev.annulus.trainer.model;

import dev.annulus.device.Device;
import dev.annulus.device.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Java arrays to tensors and back, through off-heap memory that any device can copy from. */
final class HostStaging implements AutoCloseable {
  private final Device device;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment memory;

  /** Memory for arrays of up to {@code elements} elements of four bytes. */
  HostStaging(Device device, long elements) {
    this.device = device;
    this.memory = arena.allocate(4 * elements, 64);
  }

  /** The first elements of the array that fill the tensor. */
  void upload(int[] values, Tensor tensor) {
    MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_INT, 0, (int) tensor.size());
    device.upload(memory.asSlice(0, tensor.bytes()), tensor);
  }

  /** The first elements of the array that fill the tensor. */
  void upload(float[] values, Tensor tensor) {
    MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_FLOAT, 0, (int) tensor.size());
    device.upload(memory.asSlice(0, tensor.bytes()), tensor);
  }

  /** All elements of a tensor. */
  float[] download(Tensor tensor) {
    device.download(tensor, memory);
    return memory.asSlice(0, tensor.bytes()).toArray(ValueLayout.JAVA_FLOAT);
  }

  @Override
  public void close() {
    arena.close();
  }
}
