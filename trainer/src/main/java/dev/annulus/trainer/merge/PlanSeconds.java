package dev.annulus.trainer.merge;

import dev.annulus.device.cpu.DoubleMatrices;
import dev.annulus.device.cpu.DoubleMatrices.Block;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.LongSupplier;

/** How long a merge will take, roughly: what this machine does in a moment, times what there is. */
public final class PlanSeconds {
  /** What a thread reads, converts and hashes in a second; measured with a warm file cache. */
  private static final double BYTES_A_SECOND = 4e8;

  private static final int PROBE = 512;

  /** Operations of the probe: a Gram matrix and its eigenvectors. */
  private static final double PROBE_FLOPS = 10.0 * PROBE * PROBE * PROBE;

  private PlanSeconds() {}

  /**
   * Seconds on {@code threads} threads.
   *
   * @param nanoClock a monotonic clock
   */
  public static double of(PlanSize size, int threads, LongSupplier nanoClock) {
    double bytes = size.readBytes() + 2.0 * size.stateBytes() + size.outputBytes();
    double seconds = bytes / BYTES_A_SECOND;
    if (size.decompositions() > 0) {
      seconds += size.decompositionFlops() * secondsAFlop(nanoClock);
    }
    return seconds / threads;
  }

  private static double secondsAFlop(LongSupplier nanoClock) {
    try (Arena arena = Arena.ofConfined()) {
      Block a = Block.of(arena.allocate(8L * PROBE * PROBE, 64), PROBE, PROBE);
      Block gram = Block.of(arena.allocate(8L * PROBE * PROBE, 64), PROBE, PROBE);
      MemorySegment values = arena.allocate(8L * PROBE, 64);
      long bestNs = Long.MAX_VALUE;
      for (int turn = 0; turn < 2; turn++) {
        for (long i = 0; i < (long) PROBE * PROBE; i++) {
          a.memory().setAtIndex(ValueLayout.JAVA_DOUBLE, i, Math.sin((double) i));
        }
        gram.memory().fill((byte) 0);
        long started = nanoClock.getAsLong();
        DoubleMatrices.addGram(a, DoubleMatrices.Turn.TRANSPOSED, gram);
        DoubleMatrices.symmetricEigen(gram, values);
        bestNs = Math.min(bestNs, nanoClock.getAsLong() - started);
      }
      return bestNs / 1e9 / PROBE_FLOPS;
    }
  }
}
