package dev.annulus.device.cuda;

import dev.annulus.device.DeviceMemoryException;
import dev.annulus.device.HostCapacity;
import dev.annulus.device.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Memory of one GPU for one worker: a pool of the driver, a meter, and a census of the arenas that
 * are open. Allocations and frees are queued like kernels, in the worker's stream.
 */
final class CudaMemory implements AutoCloseable {
  private final CudaSession session;
  private final CudaDriver.Pool pool;
  private final AddressSpace addresses = new AddressSpace();
  private final Set<CudaArena> open = new LinkedHashSet<>();
  private long held;
  private long peak;
  private long pinned;
  private boolean closed;

  CudaMemory(CudaSession session) {
    this.session = session;
    this.pool = new CudaDriver.Pool(session.ordinal());
    LibCuda.keepFreedMemory(pool);
  }

  CudaArena newArena() {
    if (closed) {
      throw new IllegalStateException("new arena on a closed device");
    }
    session.enter();
    CudaArena arena = new CudaArena(this, addresses.open());
    open.add(arena);
    return arena;
  }

  /** The address of zeroed memory; {@code bytes} is not 0. */
  long allocate(long bytes, String what) {
    session.enter();
    long address = pool.allocate(bytes, session.stream());
    if (address == 0) {
      throw noMemory(bytes, what);
    }
    CudaDriver.clear(address, bytes, session.stream());
    hold(bytes);
    return address;
  }

  private void hold(long bytes) {
    held += bytes;
    peak = Math.max(peak, held);
  }

  private DeviceMemoryException noMemory(long bytes, String what) {
    return new DeviceMemoryException(
        ("no memory on the GPU for %s of %d bytes: %s of %s are free, and this worker holds %s"
                + " in %s; less is held with device.memory: full or offload, or in a longer ring")
            .formatted(
                what,
                bytes,
                shown(session.freeBytes()),
                shown(session.totalBytes()),
                shown(held),
                census()),
        null);
  }

  /**
   * The address of zeroed memory that other processes can open.
   *
   * @throws DeviceMemoryException if there is not enough, also once the pool has given back what it
   *     does not use
   */
  long allocateShared(long bytes, String what) {
    session.enter();
    long address = IpcMemory.allocate(bytes);
    if (address == 0) {
      session.stream().synchronize();
      LibCuda.giveBackFreedMemory(pool);
      address = IpcMemory.allocate(bytes);
    }
    if (address == 0) {
      throw noMemory(bytes, what);
    }
    CudaDriver.clear(address, bytes, session.stream());
    hold(IpcMemory.taken(bytes));
    return address;
  }

  void releaseShared(long address, long bytes) {
    session.enter();
    session.stream().synchronize();
    IpcMemory.free(address);
    held -= IpcMemory.taken(bytes);
  }

  /** A region for memory that is no arena's. */
  AddressSpace.Region openRegion() {
    return addresses.open();
  }

  void closeRegion(AddressSpace.Region region) {
    addresses.close(region);
  }

  void release(CudaArena arena, AddressSpace.Region region, Iterable<MemorySegment> blocks) {
    session.enter();
    for (MemorySegment block : blocks) {
      CudaDriver.free(block.address(), session.stream());
      held -= block.byteSize();
    }
    addresses.close(region);
    open.remove(arena);
  }

  void upload(MemorySegment host, Tensor tensor) {
    if (host.byteSize() > tensor.bytes()) {
      throw new IllegalArgumentException(
          "upload of " + host.byteSize() + " bytes to a tensor of " + tensor.bytes());
    }
    if (!host.isNative()) {
      try (Arena arena = Arena.ofConfined()) {
        upload(arena.allocate(host.byteSize(), 64).copyFrom(host), tensor);
      }
    } else if (host.byteSize() > 0) {
      session.enter();
      CudaDriver.copyToDevice(
          host.address(), session.address(tensor), host.byteSize(), session.stream());
      session.stream().synchronize(); // then the host may overwrite what it handed in
    }
  }

  void download(Tensor tensor, MemorySegment host) {
    if (host.byteSize() < tensor.bytes()) {
      throw new IllegalArgumentException(
          "download of " + tensor.bytes() + " bytes to " + host.byteSize());
    }
    if (!host.isNative()) {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment copy = arena.allocate(Math.max(1, tensor.bytes()), 64);
        download(tensor, copy);
        host.copyFrom(copy.asSlice(0, tensor.bytes()));
      }
    } else if (tensor.bytes() > 0) {
      session.enter();
      CudaDriver.copyToHost(
          session.address(tensor), host.address(), tensor.bytes(), session.stream());
      session.stream().synchronize();
    }
  }

  /** Host memory that the GPU copies to and from at full speed, freed with the arena. */
  MemorySegment pinned(Arena arena, long bytes) {
    session.enter();
    long address = PinnedMemory.allocate(Math.max(1, bytes));
    if (address == 0) {
      throw new DeviceMemoryException(
          ("no pinned memory of the host for %s; %s are pinned already and %s are available there;"
                  + " less is needed with device.memory: full, or in a longer ring")
              .formatted(shown(bytes), shown(pinned), shown(new HostCapacity().availableBytes())),
          null);
    }
    pinned += bytes;
    return MemorySegment.ofAddress(address).reinterpret(bytes, arena, this::freePinned);
  }

  private void freePinned(MemorySegment segment) {
    session.enter();
    pinned -= segment.byteSize();
    CudaDriver.freePinned(segment.address());
  }

  /** Queues a copy between tensors of one type and size. */
  void copy(Tensor from, Tensor to) {
    if (from.bytes() > 0) {
      session.enter();
      CudaDriver.copyOnDevice(
          session.address(from), session.address(to), from.bytes(), session.stream());
    }
  }

  /** Queues zeros. */
  void clear(Tensor tensor) {
    if (tensor.bytes() > 0) {
      session.enter();
      CudaDriver.clear(session.address(tensor), tensor.bytes(), session.stream());
    }
  }

  long heldBytes() {
    return held;
  }

  long peakBytes() {
    return peak;
  }

  /** Open arenas, the largest first. */
  String census() {
    return open.size()
        + " arenas ("
        + open.stream()
            .sorted(Comparator.comparingLong(CudaArena::bytes).reversed())
            .limit(4)
            .map(arena -> shown(arena.bytes()) + " by " + arena.maker())
            .collect(Collectors.joining(", "))
        + (open.size() > 4 ? ", .." : "")
        + ")";
  }

  private static String shown(long bytes) {
    return String.format(Locale.ROOT, "%.2f GiB", bytes / (double) (1 << 30));
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Set.copyOf(open).forEach(CudaArena::close);
      session.enter();
      session.stream().synchronize();
      pool.destroy();
      addresses.close();
    }
  }
}
