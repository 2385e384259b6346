package dev.annulus.device.counting;

import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;

/** Adds up what would be allocated. Belongs to one thread. */
final class CountingArena implements DeviceArena {
  private final CountingDevice device;
  private long held;

  CountingArena(CountingDevice device) {
    this.device = device;
  }

  @Override
  public Tensor allocate(DataType type, long rows, long columns) {
    long bytes = Math.multiplyExact(Math.multiplyExact(rows, columns), type.bytes());
    held += bytes;
    return new Tensor(device.hold(bytes), type, rows, columns);
  }

  @Override
  public void close() {
    device.release(held);
    held = 0;
  }
}
