package dev.annulus.device.cpu;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import dev.annulus.device.cpu.DoubleMatrices.Block;
import dev.annulus.device.cpu.DoubleMatrices.Turn;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * The two ways to the singular vectors of a weight matrix, one thread: dgesdd of the matrix itself,
 * and dsyevd of its Gram matrix, with the product that makes it. {@code main(rows, columns)}.
 */
final class DoubleMatricesBenchmark {
  private DoubleMatricesBenchmark() {}

  public static void main(String[] args) {
    int rows = Integer.parseInt(args[0]);
    int columns = Integer.parseInt(args[1]);
    int k = Math.min(rows, columns);
    try (Arena arena = Arena.ofConfined()) {
      Block a = random(arena, rows, columns);
      Block c = Block.of(arena.allocate(8L * k * k, 64), k, k);
      MemorySegment values = arena.allocate(8L * k, 64);
      Turn turn = rows < columns ? Turn.AS_IS : Turn.TRANSPOSED;
      double gemm = seconds(() -> DoubleMatrices.multiply(1, a, turn, a, other(turn), 0, c));
      c.memory().fill((byte) 0);
      double gram = seconds(() -> DoubleMatrices.addGram(a, turn, c));
      double eigen = seconds(() -> DoubleMatrices.symmetricEigen(c, values));
      Block u = Block.of(arena.allocate(8L * rows * k, 64), rows, k);
      Block vt = Block.of(arena.allocate(8L * k * columns, 64), k, columns);
      double svd = seconds(() -> DoubleMatrices.singularValues(a, u, values, vt));
      System.out.printf(
          Locale.ROOT,
          "[%d, %d]: dgemm %.2f s (%.1f GFLOP/s), Gram %.2f s, dsyevd %.2f s, together %.2f s;"
              + " dgesdd %.2f s, %.1f times as long%n",
          rows,
          columns,
          gemm,
          2e-9 * k * rows * columns / gemm,
          gram,
          eigen,
          gram + eigen,
          svd,
          svd / (gram + eigen));
    }
  }

  private static Turn other(Turn turn) {
    return turn == Turn.AS_IS ? Turn.TRANSPOSED : Turn.AS_IS;
  }

  private static Block random(Arena arena, int rows, int columns) {
    SplittableRandom random = new SplittableRandom(7);
    MemorySegment memory = arena.allocate(8L * rows * columns, 64);
    for (long i = 0; i < (long) rows * columns; i++) {
      memory.setAtIndex(JAVA_DOUBLE, i, random.nextGaussian());
    }
    return Block.of(memory, rows, columns);
  }

  private static double seconds(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1e9;
  }
}
