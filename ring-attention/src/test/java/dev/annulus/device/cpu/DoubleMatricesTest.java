package dev.annulus.device.cpu;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.device.cpu.DoubleMatrices.Block;
import dev.annulus.device.cpu.DoubleMatrices.Turn;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Products and decompositions against their definitions. */
final class DoubleMatricesTest {
  private static final long SEED = 41;

  private final Arena arena = Arena.ofShared();
  private final SplittableRandom random = new SplittableRandom(SEED);

  @AfterEach
  void free() {
    arena.close();
  }

  private Block zeros(int rows, int columns) {
    return Block.of(arena.allocate(8L * rows * columns, 64), rows, columns);
  }

  private Block random(int rows, int columns) {
    Block block = zeros(rows, columns);
    for (long i = 0; i < (long) rows * columns; i++) {
      block.memory().setAtIndex(JAVA_DOUBLE, i, random.nextGaussian());
    }
    return block;
  }

  private static double at(Block block, int row, int column) {
    return block.memory().getAtIndex(JAVA_DOUBLE, (long) row * block.stride() + column);
  }

  private static double at(Block block, Turn turn, int row, int column) {
    return turn == Turn.AS_IS ? at(block, row, column) : at(block, column, row);
  }

  @Test
  void productsOfFactorsTurnedOrNot() {
    for (Turn turnA : Turn.values()) {
      for (Turn turnB : Turn.values()) {
        Block a = turnA == Turn.AS_IS ? random(4, 6) : random(6, 4);
        Block b = turnB == Turn.AS_IS ? random(6, 5) : random(5, 6);
        Block c = random(4, 5);
        double[] before = c.memory().toArray(JAVA_DOUBLE);
        DoubleMatrices.multiply(2, a, turnA, b, turnB, 3, c);
        for (int i = 0; i < 4; i++) {
          for (int j = 0; j < 5; j++) {
            double expected = 3 * before[i * 5 + j];
            for (int e = 0; e < 6; e++) {
              expected += 2 * at(a, turnA, i, e) * at(b, turnB, e, j);
            }
            assertThat(at(c, i, j)).isCloseTo(expected, within(1e-13));
          }
        }
      }
    }
  }

  @Test
  void aCornerOfAWiderMatrixIsAFactor() {
    Block wide = random(7, 9);
    Block corner = new Block(wide.memory(), 3, 4, 9);
    Block c = zeros(3, 3);
    DoubleMatrices.multiply(1, corner, Turn.AS_IS, corner, Turn.TRANSPOSED, 0, c);
    double expected = 0;
    for (int e = 0; e < 4; e++) {
      expected += at(wide, 2, e) * at(wide, 1, e);
    }
    assertThat(at(c, 2, 1)).isCloseTo(expected, within(1e-14));
  }

  @Test
  void gramMatricesAddUpInTheirLowerTriangle() {
    for (Turn turn : Turn.values()) {
      Block a = random(6, 4);
      int n = turn == Turn.AS_IS ? 6 : 4;
      Block gram = zeros(n, n);
      DoubleMatrices.addGram(a, turn, gram);
      DoubleMatrices.addGram(a, turn, gram);
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          double expected = 0;
          for (int e = 0; e < 10 - n; e++) {
            expected += 2 * at(a, turn, i, e) * at(a, turn, j, e);
          }
          assertThat(at(gram, i, j)).isCloseTo(j > i ? 0 : expected, within(1e-13));
        }
      }
    }
  }

  @Test
  void eigenvectorsAreRowsAndTheirValuesAscend() {
    int n = 40;
    Block a = random(n, n);
    Block symmetric = zeros(n, n);
    DoubleMatrices.addGram(a, Turn.AS_IS, symmetric);
    double[] lower = symmetric.memory().toArray(JAVA_DOUBLE);
    MemorySegment values = arena.allocate(8L * n, 64);
    DoubleMatrices.symmetricEigen(symmetric, values);
    for (int v = 0; v < n; v++) {
      double value = values.getAtIndex(JAVA_DOUBLE, v);
      assertThat(value).isGreaterThanOrEqualTo(v == 0 ? 0 : values.getAtIndex(JAVA_DOUBLE, v - 1));
      for (int i = 0; i < n; i++) {
        double image = 0;
        for (int j = 0; j < n; j++) {
          image += lower[Math.max(i, j) * n + Math.min(i, j)] * at(symmetric, v, j);
        }
        assertThat(image).as("seed %d", SEED).isCloseTo(value * at(symmetric, v, i), within(1e-11));
      }
    }
  }

  @Test
  void singularVectorsGiveTheMatrixBack() {
    for (int[] shape : new int[][] {{12, 5}, {5, 12}, {8, 8}, {1, 3}, {3, 1}}) {
      int k = Math.min(shape[0], shape[1]);
      Block a = random(shape[0], shape[1]);
      double[] before = a.memory().toArray(JAVA_DOUBLE);
      Block u = zeros(shape[0], k);
      Block vt = zeros(k, shape[1]);
      MemorySegment values = arena.allocate(8L * k, 64);
      DoubleMatrices.singularValues(a, u, values, vt);
      for (int i = 0; i < shape[0]; i++) {
        for (int j = 0; j < shape[1]; j++) {
          double sum = 0;
          for (int e = 0; e < k; e++) {
            sum += at(u, i, e) * values.getAtIndex(JAVA_DOUBLE, e) * at(vt, e, j);
          }
          assertThat(sum).as("seed %d", SEED).isCloseTo(before[i * shape[1] + j], within(1e-13));
        }
      }
      for (int e = 1; e < k; e++) {
        assertThat(values.getAtIndex(JAVA_DOUBLE, e))
            .isLessThanOrEqualTo(values.getAtIndex(JAVA_DOUBLE, e - 1));
      }
    }
  }

  @Test
  void whatIsNotFiniteIsRefused() {
    Block a = random(3, 3);
    a.memory().setAtIndex(JAVA_DOUBLE, 0, Double.NaN);
    MemorySegment values = arena.allocate(24, 64);
    assertThatThrownBy(() -> DoubleMatrices.singularValues(a, zeros(3, 3), values, zeros(3, 3)))
        .isInstanceOf(ArithmeticException.class)
        .hasMessageContaining("dgesdd of a [3, 3] matrix");
  }

  @Test
  void refusesToLeaveItsMemoryAndShapesThatDoNotFit() {
    MemorySegment small = arena.allocate(8 * 11, 64);
    assertThatThrownBy(() -> Block.of(small, 3, 4)).isInstanceOf(IndexOutOfBoundsException.class);
    Block a = random(3, 4);
    assertThatThrownBy(
            () -> DoubleMatrices.multiply(1, a, Turn.AS_IS, a, Turn.AS_IS, 0, zeros(3, 4)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[3, 4] = [3, 4] x [3, 4]");
    assertThatThrownBy(() -> DoubleMatrices.addGram(a, Turn.AS_IS, zeros(4, 4)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> DoubleMatrices.symmetricEigen(a, arena.allocate(32, 64)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesFreedMemory() {
    Block freed;
    try (Arena shortLived = Arena.ofConfined()) {
      freed = Block.of(shortLived.allocate(8 * 9, 64), 3, 3);
    }
    assertThatThrownBy(
            () -> DoubleMatrices.multiply(1, freed, Turn.AS_IS, freed, Turn.AS_IS, 0, zeros(3, 3)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("freed");
  }
}
