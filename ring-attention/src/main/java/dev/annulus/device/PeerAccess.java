package dev.annulus.device;

import java.util.List;

/**
 * Memory of a device that other workers of its host copy from, and copies from theirs, without a
 * way through the host. Whoever shows memory tells others a handle of it; these copy, and must be
 * known to have done so before the memory is written again. Belongs to the thread of its device,
 * and is closed before it.
 */
public interface PeerAccess extends AutoCloseable {
  /** Bytes of a handle. */
  int HANDLE_BYTES = 80;

  /** Bytes of another worker's memory, and where they are wanted. */
  record Piece(long offset, Tensor target) {}

  /** Where this worker's memory is. */
  PeerPlace place();

  /**
   * A zeroed matrix that others can read, until this is closed.
   *
   * @throws DeviceMemoryException if the device has not enough memory
   */
  Tensor share(DataType type, long rows, long columns);

  /** What others must know to find a matrix of {@link #share}. */
  byte[] handle(Tensor shared);

  /**
   * Queues copies beside the operations that were queued after a point; what is queued from now on
   * sees the result.
   *
   * @param handle of a worker whose place is seen from here
   * @param free after which nothing reads or writes the targets
   * @return false, and nothing was queued, if that memory is no more
   */
  boolean pull(byte[] handle, List<Piece> pieces, DevicePoint free);

  /** All copies from other workers and from the host that were queued beside until now. */
  DevicePoint copied();

  /** Waits for the copies, and frees what was shared. */
  @Override
  void close();
}
