package dev.annulus.device.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.annulus.device.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/**
 * Launches kernels in one worker's queue. Parameters are written one by one into native memory and
 * held to the kernel's signature: {@code launcher.kernel(K).pointer(x).integer(n).launch(blocks,
 * threads)}.
 */
final class Launcher implements AutoCloseable {
  private static final int MAX_PARAMETERS = 32;
  private static final int SLOT = 8;

  /** Tensor maps of one launch at most. */
  private static final int MAX_MAPS = 4;

  /** What kernels of this project declare of shared memory beside the dynamic part, at most. */
  private static final int STATIC_SHARED = 2048;

  private final CudaSession session;
  private final Map<String, Long> modules = new HashMap<>();
  private final Map<Kernel, Long> functions = new HashMap<>();
  private final Arena arena = Arena.ofShared();
  private final MemorySegment values = arena.allocate((long) MAX_PARAMETERS * SLOT, SLOT);
  private final MemorySegment addresses = arena.allocate((long) MAX_PARAMETERS * SLOT, SLOT);
  private final MemorySegment maps =
      arena.allocate((long) MAX_MAPS * TensorMap.BYTES, TensorMap.ALIGNMENT);
  private Kernel kernel;
  private int count;
  private int mapCount;

  Launcher(CudaSession session) {
    this.session = session;
  }

  /** Begins a launch. */
  Launcher kernel(Kernel next) {
    kernel = next;
    count = 0;
    mapCount = 0;
    return this;
  }

  /** The address of a tensor, or null. */
  Launcher pointer(Tensor tensor) {
    return pointer(tensor == null ? 0 : session.address(tensor));
  }

  /** An address on the GPU. */
  Launcher pointer(long address) {
    values.setAtIndex(JAVA_LONG, next('p'), address);
    return this;
  }

  /** A long long. */
  Launcher count(long value) {
    values.setAtIndex(JAVA_LONG, next('l'), value);
    return this;
  }

  /** An int. */
  Launcher integer(long value) {
    values.set(JAVA_INT, (long) next('i') * SLOT, Math.toIntExact(value));
    return this;
  }

  /** A float. */
  Launcher number(float value) {
    values.set(JAVA_FLOAT, (long) next('f') * SLOT, value);
    return this;
  }

  /** A tensor as the copy engine sees it. */
  Launcher map(TensorMap map) {
    MemorySegment place = maps.asSlice((long) mapCount++ * TensorMap.BYTES, TensorMap.BYTES);
    session.enter();
    LibCuda.encode(map, place);
    addresses.setAtIndex(JAVA_LONG, next('m'), place.address());
    return this;
  }

  /** Queues it, in blocks in a row. */
  void launch(long blocks, int threads) {
    launch(blocks, 1, threads, 0);
  }

  /** Queues it. Without blocks there is nothing to do. */
  void launch(long blocksX, long blocksY, int threads, int sharedBytes) {
    if (count != kernel.parameters().length()) {
      throw new IllegalStateException(
          kernel.name() + " with " + count + " of " + kernel.parameters().length() + " parameters");
    }
    if (blocksX == 0 || blocksY == 0) {
      return;
    }
    session.enter();
    Long function = functions.get(kernel);
    if (function == null) {
      function = load(kernel);
      functions.put(kernel, function);
    }
    LibCuda.launch(
        kernel.name(),
        function,
        Math.toIntExact(blocksX),
        Math.toIntExact(blocksY),
        threads,
        sharedBytes,
        session.stream().handle(),
        addresses);
  }

  private int next(char type) {
    if (count >= kernel.parameters().length() || kernel.parameters().charAt(count) != type) {
      throw new IllegalStateException(
          "parameter %d of %s is %s, expected %s"
              .formatted(count, kernel.name(), type, kernel.parameters()));
    }
    addresses.setAtIndex(JAVA_LONG, count, values.address() + (long) count * SLOT);
    return count++;
  }

  private long load(Kernel wanted) {
    long module =
        modules.computeIfAbsent(wanted.file(), file -> LibCuda.loadModule(file, code(file)));
    // A block may have what the GPU has; what it takes is said at each launch.
    return LibCuda.function(
        module, wanted.name(), session.properties().sharedBytes() - STATIC_SHARED);
  }

  private static byte[] code(String file) {
    String resource = file + ".fatbin";
    try (InputStream in = Launcher.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("this program was packed without its kernels " + resource);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the kernels " + resource, e);
    }
  }

  @Override
  public void close() {
    session.enter();
    modules.values().forEach(LibCuda::unloadModule);
    arena.close();
  }
}
