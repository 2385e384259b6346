package dev.annulus.device.cuda;

import dev.annulus.attention.VisibleKeys;
import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Masks that were sent to the GPU. A row's masks are the same objects in every layer, forward and
 * backward, so they travel once a row.
 */
final class DeviceMasks implements AutoCloseable {
  /** Masks of the rows of a few steps on rings of usual size. */
  private static final int KEPT = 64;

  private final CudaMemory memory;
  private final Map<Identity, DeviceMask> held = new LinkedHashMap<>(KEPT, 0.75f, true);

  DeviceMasks(CudaMemory memory) {
    this.memory = memory;
  }

  /** A mask by what it is, not by what is in it. */
  private record Identity(int[] from, int[] to) {
    @Override
    @SuppressWarnings("ReferenceEquality") // what makes it fast: contents are millions of numbers
    public boolean equals(Object other) {
      return other instanceof Identity that && that.from == from && that.to == to;
    }

    @Override
    public int hashCode() {
      return 31 * System.identityHashCode(from) + System.identityHashCode(to);
    }
  }

  /** The mask on the GPU. Its arrays may not be changed afterwards. */
  DeviceMask get(VisibleKeys mask) {
    return held.computeIfAbsent(new Identity(mask.from(), mask.to()), this::send);
  }

  private DeviceMask send(Identity mask) {
    DeviceArena arena = memory.newArena();
    int queries = mask.from().length;
    DeviceMask sent =
        new DeviceMask(
            arena.allocate(DataType.INT32, 1, queries),
            arena.allocate(DataType.INT32, 1, queries),
            arena,
            new HashMap<>());
    memory.upload(MemorySegment.ofArray(mask.from()), sent.from());
    memory.upload(MemorySegment.ofArray(mask.to()), sent.to());
    return sent;
  }

  /** Forgets the masks that were not used for longest, down to the number that is kept. */
  void trim() {
    var eldest = held.values().iterator();
    while (held.size() > KEPT) {
      eldest.next().arena().close();
      eldest.remove();
    }
  }

  @Override
  public void close() {
    held.values().forEach(mask -> mask.arena().close());
    held.clear();
  }
}
