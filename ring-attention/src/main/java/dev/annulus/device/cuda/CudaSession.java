package dev.annulus.device.cuda;

import dev.annulus.device.Tensor;
import java.util.HashSet;
import java.util.Set;

/**
 * One worker's connection to a GPU: the context, a queue of its own, and what the GPU is. Calls may
 * come from any thread, one at a time.
 */
final class CudaSession implements AutoCloseable {
  private static final ThreadLocal<CudaSession> CURRENT = new ThreadLocal<>();

  private final GpuProperties properties;
  private final CudaDriver.Context context;
  private final CudaDriver.Stream stream;
  private final Set<Integer> reached = new HashSet<>();

  CudaSession(GpuProperties properties) {
    this.properties = properties;
    this.context = new CudaDriver.Context(properties.ordinal());
    context.makeCurrent();
    CURRENT.set(this);
    this.stream = new CudaDriver.Stream();
  }

  /** Makes this the connection of the calling thread's next calls of the driver. */
  void enter() {
    if (CURRENT.get() != this) {
      context.makeCurrent();
      CURRENT.set(this);
    }
  }

  /** Lets copies of this connection, whose turn it is, read memory of another of the process. */
  void reach(CudaSession other) {
    enter();
    if (other.ordinal() != ordinal() && reached.add(other.ordinal())) {
      other.context.letReadFromCurrent();
    }
  }

  int ordinal() {
    return properties.ordinal();
  }

  GpuProperties properties() {
    return properties;
  }

  CudaDriver.Stream stream() {
    return stream;
  }

  long freeBytes() {
    return context.freeBytes();
  }

  long totalBytes() {
    return properties.totalBytes();
  }

  /** Where a tensor lies on the GPU. */
  long address(Tensor tensor) {
    if (!tensor.memory().scope().isAlive()) {
      throw new IllegalStateException(
          "tensor [" + tensor.rows() + ", " + tensor.columns() + "] whose memory was freed");
    }
    return tensor.memory().address();
  }

  @Override
  public void close() {
    try {
      enter();
      stream.destroy();
    } finally {
      CURRENT.remove();
      context.release();
    }
  }
}
