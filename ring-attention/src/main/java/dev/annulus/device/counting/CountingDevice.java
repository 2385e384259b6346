package dev.annulus.device.counting;

import dev.annulus.attention.AttentionKernel;
import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Kernels;
import dev.annulus.device.PeerAccess;
import dev.annulus.device.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Stands for another device: types, memory of the host or not, and free memory are as there.
 * Tensors are addresses without memory, and operations return at once.
 */
public final class CountingDevice implements Device {
  private static final long ALIGNMENT = 64;

  private final DeviceTraits traits;
  private final MemorySegment addresses = addresses();
  private long next = ALIGNMENT;
  private long held;
  private long peak;
  private long mirrored;

  /** Counts from 0. */
  public CountingDevice(DeviceTraits traits) {
    this.traits = traits;
  }

  @Override
  public String describe() {
    return traits.description();
  }

  @Override
  public DeviceArena newArena() {
    return new CountingArena(this);
  }

  @Override
  public Kernels kernels() {
    return new IdleKernels();
  }

  @Override
  public AttentionKernel attention() {
    return new IdleAttention();
  }

  @Override
  public void upload(MemorySegment host, Tensor tensor) {}

  @Override
  public void download(Tensor tensor, MemorySegment host) {}

  /** Of the host, and so counted by itself. */
  @Override
  public MemorySegment mirror(Arena arena, long bytes) {
    mirrored += bytes;
    return addresses.asSlice(ALIGNMENT, bytes);
  }

  @Override
  public Optional<PeerAccess> newPeerAccess() {
    return traits.hostMemory() ? Optional.empty() : Optional.of(new CountingPeerAccess(this));
  }

  @Override
  public boolean computesIn(DataType type) {
    return type == DataType.FLOAT32 || (type == DataType.BFLOAT16 && traits.bfloat16());
  }

  @Override
  public boolean hasHostMemory() {
    return traits.hostMemory();
  }

  @Override
  public long availableBytes() {
    return traits.availableBytes() == Long.MAX_VALUE
        ? Long.MAX_VALUE
        : traits.availableBytes() - held;
  }

  /** Bytes that would be held now. */
  public long heldBytes() {
    return held;
  }

  @Override
  public long availableHostBytes() {
    return traits.availableHostBytes() == Long.MAX_VALUE
        ? Long.MAX_VALUE
        : traits.availableHostBytes() - mirrored;
  }

  /** Bytes of the host that were asked for as mirrors until now. */
  public long mirroredBytes() {
    return mirrored;
  }

  @Override
  public long peakBytes() {
    return peak;
  }

  @Override
  public void close() {}

  MemorySegment hold(long bytes) {
    held += bytes;
    peak = Math.max(peak, held);
    MemorySegment memory = addresses.asSlice(next, bytes);
    next += Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
    return memory;
  }

  void release(long bytes) {
    held -= bytes;
  }

  /**
   * Confined to a thread that is gone, so that to read or write there is a {@link
   * WrongThreadException} and not the end of the JVM.
   */
  @SuppressWarnings("MustBeClosedChecker") // there is nothing behind it to free
  private static MemorySegment addresses() {
    try (ExecutorService owner = Executors.newSingleThreadExecutor()) {
      return owner
          .submit(() -> MemorySegment.NULL.reinterpret(Long.MAX_VALUE, Arena.ofConfined(), null))
          .get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted when making addresses", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }
}
