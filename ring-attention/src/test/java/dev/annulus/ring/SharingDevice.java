package dev.annulus.ring;

import dev.annulus.attention.AttentionKernel;
import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.DevicePoint;
import dev.annulus.device.Kernels;
import dev.annulus.device.PeerAccess;
import dev.annulus.device.PeerPlace;
import dev.annulus.device.SharedBlocks;
import dev.annulus.device.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A device of which others of its host copy: memory that no link may touch, and copies that say
 * only after some questions that they are done. What is copied must not change until then.
 */
final class SharingDevice implements Device {
  private static final SharedBlocks<MemorySegment> SHOWN = new SharedBlocks<>();

  private final AwayDevice away = new AwayDevice();
  private final PeerPlace place;
  private final SplittableRandom random;
  private final AtomicLong shownBytes;

  /**
   * Of a host.
   *
   * @param seed of how late copies say that they are done
   * @param shownBytes counts bytes that are shown now
   */
  SharingDevice(String host, long seed, AtomicLong shownBytes) {
    this.place = new PeerPlace(host, "one", List.of("one"));
    this.random = new SplittableRandom(seed);
    this.shownBytes = shownBytes;
  }

  @Override
  public Optional<PeerAccess> newPeerAccess() {
    return Optional.of(new Access());
  }

  @Override
  public DevicePoint point() {
    return new Late(random.nextInt(4), () -> {});
  }

  /** Reached at the last of so many questions. */
  private static final class Late implements DevicePoint {
    private final Runnable check;
    private int questions;

    Late(int questions, Runnable check) {
      this.questions = questions;
      this.check = check;
    }

    @Override
    public boolean isReached() {
      if (questions-- <= 0) {
        check.run();
        return true;
      }
      return false;
    }
  }

  private final class Access implements PeerAccess {
    private final Arena arena = Arena.ofShared();
    private final Map<Long, Long> numbers = new HashMap<>();
    private Runnable check = () -> {};
    private long bytes;

    @Override
    public PeerPlace place() {
      return place;
    }

    @Override
    public Tensor share(DataType type, long rows, long columns) {
      MemorySegment memory = arena.allocate(rows * columns * type.bytes(), 64);
      numbers.put(memory.address(), SHOWN.add(memory));
      bytes += memory.byteSize();
      shownBytes.addAndGet(memory.byteSize());
      return new Tensor(memory, type, rows, columns);
    }

    @Override
    public byte[] handle(Tensor shared) {
      return ByteBuffer.allocate(HANDLE_BYTES)
          .putLong(numbers.get(shared.memory().address()))
          .array();
    }

    @Override
    public boolean pull(byte[] handle, List<Piece> pieces, DevicePoint free) {
      return SHOWN.read(
          ByteBuffer.wrap(handle).getLong(),
          memory -> {
            for (Piece piece : pieces) {
              MemorySegment source = memory.asSlice(piece.offset(), piece.target().bytes());
              piece.target().memory().copyFrom(source);
            }
            byte[][] copies =
                pieces.stream()
                    .map(p -> p.target().memory().toArray(ValueLayout.JAVA_BYTE))
                    .toArray(byte[][]::new);
            check = () -> requireUnchanged(memory, pieces, copies);
          });
    }

    private static void requireUnchanged(
        MemorySegment memory, List<Piece> pieces, byte[][] copies) {
      for (int i = 0; i < copies.length; i++) {
        MemorySegment source = memory.asSlice(pieces.get(i).offset(), copies[i].length);
        if (source.mismatch(MemorySegment.ofArray(copies[i])) >= 0) {
          throw new AssertionError("memory was written while it was copied");
        }
      }
    }

    @Override
    public DevicePoint copied() {
      Runnable last = check;
      check = () -> {};
      return new Late(random.nextInt(6), last);
    }

    @Override
    public void close() {
      numbers.values().forEach(SHOWN::remove);
      shownBytes.addAndGet(-bytes);
      bytes = 0;
      arena.close();
    }
  }

  @Override
  public DeviceArena newArena() {
    return away.newArena();
  }

  @Override
  public boolean hasHostMemory() {
    return false;
  }

  @Override
  public boolean computesIn(DataType type) {
    return away.computesIn(type);
  }

  @Override
  public String describe() {
    return "sharing";
  }

  @Override
  public Kernels kernels() {
    return away.kernels();
  }

  @Override
  public AttentionKernel attention() {
    return away.attention();
  }

  @Override
  public void upload(MemorySegment host, Tensor tensor) {
    away.upload(host, tensor);
  }

  @Override
  public void download(Tensor tensor, MemorySegment host) {
    away.download(tensor, host);
  }

  @Override
  public long peakBytes() {
    return 0;
  }

  @Override
  public void close() {
    away.close();
  }
}
