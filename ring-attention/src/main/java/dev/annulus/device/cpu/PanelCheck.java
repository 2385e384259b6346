package dev.annulus.device.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Tries {@link PanelProducts} once: a product of small integers, which is exact, from both ways to
 * pack either operand. A library whose kernels pack otherwise shows here, before it is relied on.
 */
final class PanelCheck {
  private static final int M = 2 * PanelProducts.LANES + 7;
  private static final int N = 3 * PanelProducts.RIGHT + 3;
  private static final int K = 11;

  /** Whether all came out right; to be asked only where all functions are there. */
  static final boolean PASSED = passes();

  private PanelCheck() {}

  private static boolean passes() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment left = matrix(arena, M, K, 5);
      MemorySegment leftTurned = transpose(arena, left, M, K);
      MemorySegment right = matrix(arena, N, K, 7);
      MemorySegment rightTurned = transpose(arena, right, N, K);
      MemorySegment a = floats(arena, M * K);
      MemorySegment b = floats(arena, N * K);
      PanelProducts.packLeft(M, K, left, 0, K, a, 0);
      PanelProducts.packRight(N, K, right, 0, K, b, 0);
      boolean rows = panels(a, left, M, PanelProducts.LANES) && product(arena, left, right, a, b);
      a.fill((byte) 0);
      b.fill((byte) 0);
      PanelProducts.packLeftTransposed(M, K, leftTurned, 0, M, a, 0);
      PanelProducts.packRightTransposed(N, K, rightTurned, 0, N, b, 0);
      boolean turned = panels(b, right, N, PanelProducts.RIGHT);
      return rows && turned && product(arena, left, right, a, b);
    }
  }

  /** Whether all whole panels of a packed operand are [k, lanes]. */
  private static boolean panels(MemorySegment packed, MemorySegment rows, int count, int lanes) {
    boolean same = true;
    for (int row = 0; row < count / lanes * lanes; row++) {
      for (int e = 0; e < K; e++) {
        long at = (long) row / lanes * lanes * K + (long) e * lanes + row % lanes;
        same &=
            packed.getAtIndex(JAVA_FLOAT, at) == rows.getAtIndex(JAVA_FLOAT, (long) row * K + e);
      }
    }
    return same;
  }

  private static boolean product(
      Arena arena, MemorySegment left, MemorySegment right, MemorySegment a, MemorySegment b) {
    MemorySegment c = floats(arena, N * M);
    PanelProducts.multiply(M, N, K, 2, a, 0, b, 0, c, 0, M);
    boolean same = true;
    for (int j = 0; j < N; j++) {
      for (int i = 0; i < M; i++) {
        float sum = 0;
        for (int e = 0; e < K; e++) {
          sum +=
              left.getAtIndex(JAVA_FLOAT, (long) i * K + e)
                  * right.getAtIndex(JAVA_FLOAT, (long) j * K + e);
        }
        same &= c.getAtIndex(JAVA_FLOAT, (long) j * M + i) == 2 * sum;
      }
    }
    return same;
  }

  private static MemorySegment matrix(Arena arena, int rows, int columns, int factor) {
    MemorySegment matrix = floats(arena, rows * columns);
    for (int i = 0; i < rows * columns; i++) {
      matrix.setAtIndex(JAVA_FLOAT, i, (float) (i * factor % 31 - 15));
    }
    return matrix;
  }

  private static MemorySegment transpose(Arena arena, MemorySegment matrix, int rows, int columns) {
    MemorySegment turned = floats(arena, rows * columns);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        float value = matrix.getAtIndex(JAVA_FLOAT, (long) i * columns + j);
        turned.setAtIndex(JAVA_FLOAT, (long) j * rows + i, value);
      }
    }
    return turned;
  }

  private static MemorySegment floats(Arena arena, int count) {
    return arena.allocate(4L * count, 64);
  }
}
