package dev.annulus.ring;

import dev.annulus.attention.AttentionKernel;
import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import dev.annulus.device.reference.ReferenceDevice;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A device whose memory no link may touch, as that of a GPU: confined to its thread, so that links
 * refuse it.
 */
final class AwayDevice implements Device {
  private final ReferenceDevice reference = new ReferenceDevice();

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
