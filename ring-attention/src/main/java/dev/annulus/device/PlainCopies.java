package dev.annulus.device;

import java.lang.foreign.MemorySegment;

/** The copies of a device that does one thing after the other: over when the call returns. */
final class PlainCopies implements CopyQueue {
  private final Device device;

  PlainCopies(Device device) {
    this.device = device;
  }

  @Override
  public void save(Tensor tensor, MemorySegment host) {
    device.download(tensor, host);
  }

  @Override
  public void fetch(MemorySegment host, Tensor tensor) {
    device.upload(host.asSlice(0, tensor.bytes()), tensor);
  }

  @Override
  public void join() {}

  @Override
  public void close() {}
}
