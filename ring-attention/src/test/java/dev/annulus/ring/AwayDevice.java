package dev.annulus.ring;

import dev.annulus.attention.AttentionKernel;
import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.DevicePoint;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import dev.annulus.device.reference.ReferenceDevice;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * A device whose memory no link may touch, as that of a GPU: confined to its thread, so that links
 * refuse it. What is copied beside operations is copied late, once it has been asked for often
 * enough: rows that were sent or written too early are wrong.
 */
final class AwayDevice implements Device {
  /** How often in turn one asks in vain. */
  private static final int[] ASKED = {0, 3, 1, 7};

  private final ReferenceDevice reference = new ReferenceDevice();
  private final Deque<Late> late = new ArrayDeque<>();
  private int turn;

  /** A copy that waits, and how often it has to be asked for. */
  private static final class Late implements DevicePoint {
    private final AwayDevice device;
    private final Tensor tensor;
    private final MemorySegment host;
    private int asked;
    private boolean done;

    Late(AwayDevice device, Tensor tensor, MemorySegment host, int asked) {
      this.device = device;
      this.tensor = tensor;
      this.host = host;
      this.asked = asked;
    }

    @Override
    public boolean isReached() {
      if (!done && asked-- <= 0) {
        await();
      }
      return done;
    }

    @Override
    public void await() {
      while (!done) {
        Late next = device.late.remove();
        device.download(next.tensor, next.host);
        next.done = true;
      }
    }
  }

  @Override
  public void downloadBeside(Tensor tensor, MemorySegment host, DevicePoint written) {
    late.add(new Late(this, tensor, host, ASKED[turn++ % ASKED.length]));
  }

  @Override
  public DevicePoint downloads() {
    return late.isEmpty() ? DevicePoint.NOW : late.getLast();
  }

  @Override
  public DeviceArena newArena() {
    return new ConfinedArena();
  }

  /** Memory that only its thread may touch. */
  private static final class ConfinedArena implements DeviceArena {
    private final Arena arena = Arena.ofConfined();

    @Override
    public Tensor allocate(DataType type, long rows, long columns) {
      return new Tensor(arena.allocate(rows * columns * type.bytes(), 64), type, rows, columns);
    }

    @Override
    public void close() {
      arena.close();
    }
  }

  @Override
  public boolean hasHostMemory() {
    return false;
  }

  @Override
  public boolean computesIn(DataType type) {
    return reference.computesIn(type);
  }

  @Override
  public String describe() {
    return "away";
  }

  @Override
  public Kernels kernels() {
    return reference.kernels();
  }

  @Override
  public AttentionKernel attention() {
    return reference.attention();
  }

  @Override
  public void upload(MemorySegment host, Tensor tensor) {
    reference.upload(host, tensor);
  }

  @Override
  public void download(Tensor tensor, MemorySegment host) {
    reference.download(tensor, host);
  }

  @Override
  public long peakBytes() {
    return 0;
  }

  @Override
  public void close() {
    reference.close();
  }
}
