package dev.annulus.device;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** Off-heap tensors that are freed together; shared, as other threads send and receive blocks. */
final class HostArena implements DeviceArena {
  /** A cache line, and the widest vector register. */
  private static final long ALIGNMENT = 64;

  private final HostMemory memory;
  private final Arena arena = Arena.ofShared();
  private final AtomicLong held = new AtomicLong();
  private final AtomicBoolean closed = new AtomicBoolean();

  HostArena(HostMemory memory) {
    this.memory = memory;
  }

  @Override
  public Tensor allocate(DataType type, long rows, long columns) {
    if (rows < 0 || columns < 0) {
      throw new IllegalArgumentException("tensor of [" + rows + ", " + columns + "]");
    }
    long bytes = Math.multiplyExact(Math.multiplyExact(rows, columns), type.bytes());
    Tensor tensor = new Tensor(reserve(bytes, rows, columns), type, rows, columns);
    held.addAndGet(bytes);
    memory.hold(bytes);
    return tensor;
  }

  private MemorySegment reserve(long bytes, long rows, long columns) {
    try {
      return arena.allocate(bytes, ALIGNMENT); // zeroed by the JDK
    } catch (OutOfMemoryError e) {
      throw new DeviceMemoryException(
          "no host memory for a tensor [%d, %d] of %d bytes; %d bytes are held, and the JVM's limit is -XX:MaxDirectMemorySize (by default the heap's -Xmx)"
              .formatted(rows, columns, bytes, memory.heldBytes()),
          e);
    }
  }

  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      arena.close();
      memory.release(this, held.get());
    }
  }
}
