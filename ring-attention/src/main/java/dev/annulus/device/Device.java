package dev.annulus.device;

import dev.annulus.attention.AttentionKernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * One device of one worker: its memory, its operations and its attention. Closing frees everything.
 */
public interface Device extends AutoCloseable {
  /** For people: what it is and what its operations run on. */
  String describe();

  /** Memory that lives until the arena or the device is closed. */
  DeviceArena newArena();

  /** Dense operations and optimiser updates. */
  Kernels kernels();

  /** Attention, block by block. */
  AttentionKernel attention();

  /** Copies host memory to the start of a tensor; same number of bytes or fewer. */
  void upload(MemorySegment host, Tensor tensor);

  /** Copies the whole tensor to host memory of at least its size. */
  void download(Tensor tensor, MemorySegment host);

  /**
   * Host memory that tensors pass through on their way to and from other workers, or wait in.
   *
   * @param arena that it is freed with, before the device is closed
   * @param bytes of it, at a multiple of 64
   */
  default MemorySegment mirror(Arena arena, long bytes) {
    return arena.allocate(bytes, 64);
  }

  /** The operations that were queued until now. */
  default DevicePoint point() {
    return DevicePoint.NOW;
  }

  /**
   * {@link #upload} beside the operations that were queued after a point. What is queued from now
   * on sees the result; the host memory must stay as it is until {@link #awaitUploads}.
   *
   * @param free after which nothing reads or writes the tensor
   */
  default void uploadBeside(MemorySegment host, Tensor tensor, DevicePoint free) {
    upload(host, tensor);
  }

  /** Waits for every {@link #uploadBeside}. */
  default void awaitUploads() {}

  /**
   * {@link #download} beside the operations that were queued after a point. The host may read the
   * result, and the tensor be written again, once {@link #downloads} is reached.
   *
   * @param host of {@link #mirror}, of at least the tensor's size
   * @param written after which the tensor holds what is to be copied
   */
  default void downloadBeside(Tensor tensor, MemorySegment host, DevicePoint written) {
    download(tensor, host);
  }

  /** Every {@link #downloadBeside} that was queued until now. */
  default DevicePoint downloads() {
    return DevicePoint.NOW;
  }

  /** Copies beside the operations; several queues are of no use to each other. */
  default CopyQueue newCopyQueue() {
    return new PlainCopies(this);
  }

  /** Memory shared with other workers of the host; empty if this device cannot. */
  default Optional<PeerAccess> newPeerAccess() {
    return Optional.empty();
  }

  /** Whether activations and weights may be of this type. */
  default boolean computesIn(DataType type) {
    return type == DataType.FLOAT32;
  }

  /**
   * Whether tensors lie in memory that the host reads and writes. If not, reading one is an
   * exception, and data moves by {@link #upload} and {@link #download}.
   */
  default boolean hasHostMemory() {
    return true;
  }

  /** Bytes that can still be taken, of all processes; as many as one likes if it is not known. */
  default long availableBytes() {
    return Long.MAX_VALUE;
  }

  /** Bytes that {@link #mirror} can still take; as many as one likes if it is not known. */
  default long availableHostBytes() {
    return Long.MAX_VALUE;
  }

  /** The largest number of bytes that were held at one time. */
  long peakBytes();

  @Override
  void close();
}
