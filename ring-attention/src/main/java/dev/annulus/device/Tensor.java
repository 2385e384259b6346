package dev.annulus.device;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A row-major matrix in a device's memory. Owned by the {@link DeviceArena} that made it; a slice
 * shares its memory. On a CPU {@code memory} can be read directly; on another device it only names
 * an address, and data moves by the device's copies.
 *
 * @param memory exactly {@code rows * columns} elements
 */
public record Tensor(MemorySegment memory, DataType type, long rows, long columns) {
  public Tensor {
    if (rows < 0 || columns < 0 || memory.byteSize() != rows * columns * type.bytes()) {
      throw new IllegalArgumentException(
          "tensor ["
              + rows
              + ", "
              + columns
              + "] of "
              + type
              + " in "
              + memory.byteSize()
              + " bytes");
    }
  }

  /** Number of elements. */
  public long size() {
    return rows * columns;
  }

  /** Number of bytes. */
  public long bytes() {
    return memory.byteSize();
  }

  /** Rows {@code from} (inclusive) to {@code to} (exclusive), sharing memory. */
  public Tensor rows(long from, long to) {
    long rowBytes = columns * type.bytes();
    return new Tensor(
        memory.asSlice(from * rowBytes, (to - from) * rowBytes), type, to - from, columns);
  }

  /** The same elements as another matrix. */
  public Tensor reshape(long newRows, long newColumns) {
    return new Tensor(memory, type, newRows, newColumns);
  }

  /** A float element; only for memory of the CPU, and not for hot loops. */
  public float getFloat(long row, long column) {
    return memory.getAtIndex(ValueLayout.JAVA_FLOAT, row * columns + column);
  }

  /** Sets a float element; only for memory of the CPU, and not for hot loops. */
  public void setFloat(long row, long column, float value) {
    memory.setAtIndex(ValueLayout.JAVA_FLOAT, row * columns + column, value);
  }
}
