package dev.annulus.device.cuda;

import dev.annulus.device.DataType;
import dev.annulus.device.DevicePoint;
import dev.annulus.device.PeerAccess;
import dev.annulus.device.PeerPlace;
import dev.annulus.device.SharedBlocks;
import dev.annulus.device.Tensor;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Copies from other workers' memory, of the same GPU or another one. Within a process the address
 * itself is known; memory of another process is opened once and kept open. A handle is the process,
 * the number of the block in it, and what CUDA opens it by elsewhere.
 *
 * <p>If the owner frees its memory first, the driver keeps it until it is closed here.
 */
final class CudaPeerAccess implements PeerAccess {
  private static final SharedBlocks<Shown> SHOWN = new SharedBlocks<>();

  private final CudaSession session;
  private final CudaMemory memory;
  private final SideUploads copies;
  private final PeerPlace place;
  private final AddressSpace.Region region;
  private final Map<Long, Block> shared = new HashMap<>();
  private final Map<ByteBuffer, Long> opened = new HashMap<>();
  private boolean closed;

  /** What others of this process must know of a block, and who of them has copied from it. */
  private record Shown(long address, CudaSession session, Set<SideUploads> readers) {}

  /** A block of this worker. */
  private record Block(long bytes, long number, Shown shown) {}

  CudaPeerAccess(CudaSession session, CudaMemory memory, SideUploads copies) {
    this.session = session;
    this.memory = memory;
    this.copies = copies;
    session.enter();
    this.place = canShow() ? GpuPlaces.of(session.ordinal()) : PeerPlace.NOWHERE;
    this.region = memory.openRegion();
  }

  /** Tried, as not every driver, container and partition of a GPU lets memory be shown. */
  private static boolean canShow() {
    long address = IpcMemory.allocate(1);
    if (address == 0) {
      return false;
    }
    try {
      return IpcMemory.handle(address).length > 0;
    } catch (CudaException e) {
      return false;
    } finally {
      IpcMemory.free(address);
    }
  }

  @Override
  public PeerPlace place() {
    return place;
  }

  @Override
  public Tensor share(DataType type, long rows, long columns) {
    long bytes = Math.multiplyExact(Math.multiplyExact(rows, columns), type.bytes());
    long address = memory.allocateShared(bytes, "a shared tensor [" + rows + ", " + columns + "]");
    Shown shown = new Shown(address, session, ConcurrentHashMap.newKeySet());
    shared.put(address, new Block(bytes, SHOWN.add(shown), shown));
    return new Tensor(region.at(address, bytes), type, rows, columns);
  }

  @Override
  public byte[] handle(Tensor tensor) {
    long address = tensor.memory().address();
    session.enter();
    return ByteBuffer.allocate(HANDLE_BYTES)
        .putLong(SharedBlocks.PROCESS)
        .putLong(shared.get(address).number())
        .put(IpcMemory.handle(address))
        .array();
  }

  @Override
  public boolean pull(byte[] handle, List<Piece> pieces, DevicePoint free) {
    ByteBuffer fields = ByteBuffer.wrap(handle);
    if (fields.getLong() != SharedBlocks.PROCESS) {
      session.enter();
      copies.pull(opened.computeIfAbsent(fields, key -> open(handle)), pieces, free);
      return true;
    }
    return SHOWN.read(
        fields.getLong(),
        shown -> {
          shown.readers().add(copies);
          session.reach(shown.session());
          copies.pull(shown.address(), pieces, free);
        });
  }

  private static long open(byte[] handle) {
    return IpcMemory.open(
        Arrays.copyOfRange(handle, 2 * Long.BYTES, 2 * Long.BYTES + IpcMemory.BYTES));
  }

  @Override
  public DevicePoint copied() {
    return copies.copied();
  }

  /** Waits for what others of this process have queued, too: they may not have noticed yet. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    copies.await();
    session.enter();
    opened.values().forEach(IpcMemory::close);
    shared.forEach(
        (address, block) -> {
          SHOWN.remove(block.number());
          block.shown().readers().forEach(SideUploads::await);
          memory.releaseShared(address, block.bytes());
        });
    memory.closeRegion(region);
  }
}
