package dev.annulus.device;

import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Memory of a device that computes in the JVM's own process: its arenas, its meter and its copies.
 * Closing closes every arena.
 */
public final class HostMemory implements AutoCloseable {
  private final Set<HostArena> open = ConcurrentHashMap.newKeySet();
  private final AtomicLong held = new AtomicLong();
  private final AtomicLong peak = new AtomicLong();
  private volatile boolean closed;

  /** A new arena; fails after {@link #close}. */
  public DeviceArena newArena() {
    if (closed) {
      throw new IllegalStateException("new arena on a closed device");
    }
    HostArena arena = new HostArena(this);
    open.add(arena);
    return arena;
  }

  /** See {@link Device#upload}. */
  public void upload(MemorySegment host, Tensor tensor) {
    if (host.byteSize() > tensor.bytes()) {
      throw new IllegalArgumentException(
          "upload of " + host.byteSize() + " bytes to a tensor of " + tensor.bytes());
    }
    MemorySegment.copy(host, 0, tensor.memory(), 0, host.byteSize());
  }

  /** See {@link Device#download}. */
  public void download(Tensor tensor, MemorySegment host) {
    if (host.byteSize() < tensor.bytes()) {
      throw new IllegalArgumentException(
          "download of " + tensor.bytes() + " bytes to " + host.byteSize());
    }
    MemorySegment.copy(tensor.memory(), 0, host, 0, tensor.bytes());
  }

  /** Bytes held now. */
  public long heldBytes() {
    return held.get();
  }

  /** The largest number of bytes held at one time. */
  public long peakBytes() {
    return peak.get();
  }

  @Override
  public void close() {
    closed = true;
    open.forEach(HostArena::close);
  }

  void hold(long bytes) {
    peak.accumulateAndGet(held.addAndGet(bytes), Math::max);
  }

  void release(HostArena arena, long bytes) {
    open.remove(arena);
    held.addAndGet(-bytes);
  }
}
