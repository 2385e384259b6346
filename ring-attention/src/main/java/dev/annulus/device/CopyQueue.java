package dev.annulus.device;

import java.lang.foreign.MemorySegment;

/**
 * Copies between a device's memory and the host's that run beside the device's operations, one
 * after the other. Each begins behind the operations that were queued before it; operations do not
 * wait for it until they are told to. Close it before the device, and before the memory is freed.
 */
public interface CopyQueue extends AutoCloseable {
  /**
   * Queues a copy to the host. Until the next {@link #join} nothing may write the tensor, and the
   * host may not read the result until then and a {@link Device#download} or the end of this queue.
   *
   * @param host of {@link Device#mirror}, of at least the tensor's size
   */
  void save(Tensor tensor, MemorySegment host);

  /**
   * Queues a copy to the device. Until the next {@link #join} nothing may read or write the tensor.
   *
   * @param host what {@link #save} filled; at least the tensor's size
   */
  void fetch(MemorySegment host, Tensor tensor);

  /** What is queued on the device from now on begins behind all copies queued here until now. */
  void join();

  /** Waits for all copies. */
  @Override
  void close();
}
