package dev.annulus.device.cuda;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Sums over many blocks, in two stages and always in one order: each block writes its part, one
 * more kernel adds the parts.
 */
final class Reductions implements AutoCloseable {
  private static final int THREADS = 256;

  /** Blocks of a sum of squares: fixed, as the order of the sum depends on it. */
  private static final int PARTS = 1024;

  /** 32 columns by 16 groups of rows. */
  private static final int COLUMN_THREADS = 512;

  /** Blocks a multiprocessor of the norm's gradient. */
  private static final int STRIPS_PER_MULTIPROCESSOR = 4;

  private final CudaSession session;
  private final CudaMemory memory;
  private final Launcher launcher;
  private final DeviceArena arena;
  private final Arena host = Arena.ofShared();
  private final MemorySegment hostSum = host.allocate(JAVA_DOUBLE);
  private Tensor parts;
  private Tensor columnParts;

  Reductions(CudaSession session, CudaMemory memory, Launcher launcher, DeviceArena arena) {
    this.session = session;
    this.memory = memory;
    this.launcher = launcher;
    this.arena = arena;
  }

  /** Waits for its result. */
  double sumOfSquares(Tensor x) {
    if (parts == null) {
      parts = arena.allocate(PARTS + 1, Double.BYTES / Float.BYTES);
    }
    Tensor sum = parts.rows(PARTS, PARTS + 1);
    launcher
        .kernel(KernelCatalog.SUM_OF_SQUARES.of(x.type()))
        .pointer(x)
        .pointer(parts)
        .count(x.size())
        .launch(PARTS, THREADS);
    launcher
        .kernel(KernelCatalog.TOTAL)
        .pointer(parts)
        .pointer(sum)
        .integer(PARTS)
        .launch(1, THREADS);
    memory.download(sum, hostSum);
    return hostSum.get(JAVA_DOUBLE, 0);
  }

  /** See {@link dev.annulus.device.Kernels#rmsNormGradient}. */
  void rmsNormGradient(
      Tensor dy, Tensor x, Tensor weight, Tensor inverseRms, Tensor dx, Tensor dWeight) {
    long strips =
        Math.min(
            x.rows(), (long) STRIPS_PER_MULTIPROCESSOR * session.properties().multiprocessors());
    Tensor partials = dWeight == null ? null : columnParts(strips * x.columns());
    launcher
        .kernel(KernelCatalog.RMS_NORM_GRADIENT.of(x.type()))
        .pointer(dy)
        .pointer(x)
        .pointer(weight)
        .pointer(inverseRms)
        .pointer(dx)
        .pointer(partials)
        .count(x.rows())
        .integer(x.columns())
        .launch(
            strips, 1, THREADS, dWeight == null ? 0 : Math.toIntExact(x.columns() * Float.BYTES));
    if (dWeight != null && strips > 0) {
      launcher
          .kernel(KernelCatalog.COLUMN_SUMS)
          .pointer(partials)
          .pointer(dWeight)
          .integer(strips)
          .integer(x.columns())
          .launch(Math.ceilDiv(x.columns(), 32), COLUMN_THREADS);
    }
  }

  private Tensor columnParts(long elements) {
    if (columnParts == null || columnParts.size() < elements) {
      columnParts = arena.allocate(1, Math.max(1, elements));
    }
    return columnParts;
  }

  @Override
  public void close() {
    host.close();
  }
}
