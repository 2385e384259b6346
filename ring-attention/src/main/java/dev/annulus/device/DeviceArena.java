package dev.annulus.device;

/** Memory of a device that is freed together, when the arena closes. */
public interface DeviceArena extends AutoCloseable {
  /**
   * A zeroed matrix, 64-byte aligned.
   *
   * @throws DeviceMemoryException if the device has not enough memory; the message says how much
   *     was asked for
   */
  Tensor allocate(DataType type, long rows, long columns);

  /** A zeroed fp32 matrix. */
  default Tensor allocate(long rows, long columns) {
    return allocate(DataType.FLOAT32, rows, columns);
  }

  @Override
  void close();
}
