package dev.annulus.device.cuda;

import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Tensors on the GPU that are freed together. */
final class CudaArena implements DeviceArena {
  private static final Set<String> OURS =
      Set.of(CudaArena.class.getName(), CudaMemory.class.getName(), CudaDevice.class.getName());

  private final CudaMemory memory;
  private final AddressSpace.Region region;
  private final List<MemorySegment> blocks = new ArrayList<>();
  private final String maker = nameOfMaker();
  private long bytes;
  private boolean closed;

  CudaArena(CudaMemory memory, AddressSpace.Region region) {
    this.memory = memory;
    this.region = region;
  }

  @Override
  public Tensor allocate(DataType type, long rows, long columns) {
    if (rows < 0 || columns < 0) {
      throw new IllegalArgumentException("tensor of [" + rows + ", " + columns + "]");
    }
    if (closed) {
      throw new IllegalStateException("tensor of a closed arena");
    }
    long size = Math.multiplyExact(Math.multiplyExact(rows, columns), type.bytes());
    if (size == 0) {
      return new Tensor(region.at(0, 0), type, rows, columns);
    }
    long address = memory.allocate(size, "a tensor [" + rows + ", " + columns + "]");
    MemorySegment block = region.at(address, size);
    blocks.add(block);
    bytes += size;
    return new Tensor(block, type, rows, columns);
  }

  long bytes() {
    return bytes;
  }

  /** The class that opened it, for the census. */
  String maker() {
    return maker;
  }

  private static String nameOfMaker() {
    return StackWalker.getInstance()
        .walk(
            frames ->
                frames
                    .map(StackWalker.StackFrame::getClassName)
                    .filter(name -> !OURS.contains(name))
                    .findFirst()
                    .map(name -> name.substring(name.lastIndexOf('.') + 1))
                    .orElse("the device"));
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      memory.release(this, region, blocks);
    }
  }
}
