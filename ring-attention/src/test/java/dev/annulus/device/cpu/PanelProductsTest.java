package dev.annulus.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.annulus.device.RandomTensors;
import dev.annulus.device.Tensor;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PanelProductsTest {
  @BeforeEach
  void processor() {
    assumeTrue(PanelProducts.supported(), "OpenBLAS has no such kernel for " + OpenBlas.coreName());
  }

  @ParameterizedTest
  @CsvSource({"8, 12, 16", "8, 128, 128", "40, 33, 7", "13, 5, 1", "1, 1, 1", "129, 66, 250"})
  void multipliesFromRowsAndFromTheirTransposes(int m, int n, int k) {
    try (RandomTensors random = new RandomTensors(m)) {
      Tensor left = random.normal(m, k);
      Tensor right = random.normal(n, k);
      MemorySegment a = random.zeros(m, k).memory();
      MemorySegment b = random.zeros(n, k).memory();
      PanelProducts.packLeft(m, k, left.memory(), 0, k, a, 0);
      PanelProducts.packRight(n, k, right.memory(), 0, k, b, 0);
      check(left, right, a, b, random);
      PanelProducts.packLeftTransposed(m, k, transpose(left, random), 0, m, a, 0);
      PanelProducts.packRightTransposed(n, k, transpose(right, random), 0, n, b, 0);
      check(left, right, a, b, random);
    }
  }

  @Test
  void refusesWhatLiesOutside() {
    try (RandomTensors random = new RandomTensors(1)) {
      MemorySegment memory = random.zeros(8, 8).memory();
      assertThatThrownBy(
              () -> PanelProducts.multiply(8, 8, 8, 1, memory, 0, memory, 1, memory, 0, 8))
          .isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessageContaining("right [8, 8] at 1 with stride 8 in 64 floats");
      assertThatThrownBy(() -> PanelProducts.packLeft(8, 9, memory, 0, 9, memory, 0))
          .isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessageContaining("rows [8, 9]");
    }
  }

  /** c starts at 1 and its rows are longer than they need to be. */
  private static void check(
      Tensor left, Tensor right, MemorySegment a, MemorySegment b, RandomTensors random) {
    int m = Math.toIntExact(left.rows());
    int n = Math.toIntExact(right.rows());
    int k = Math.toIntExact(left.columns());
    Tensor c = random.full(n, m + 3, 1);
    PanelProducts.multiply(m, n, k, -0.5f, a, 0, b, 0, c.memory(), 0, m + 3);
    for (int j = 0; j < n; j++) {
      for (int i = 0; i < m + 3; i++) {
        double sum = 0;
        double size = 1;
        for (int e = 0; e < k && i < m; e++) {
          double term = (double) left.getFloat(i, e) * right.getFloat(j, e);
          sum += term;
          size += Math.abs(term);
        }
        double error = Math.abs(c.getFloat(j, i) - (1 - 0.5 * sum));
        assertThat(error).as("[%d, %d] of %d, %d, %d", j, i, m, n, k).isLessThan(1e-6 * size);
      }
    }
  }

  private static MemorySegment transpose(Tensor tensor, RandomTensors random) {
    Tensor turned = random.zeros(tensor.columns(), tensor.rows());
    for (int i = 0; i < tensor.rows(); i++) {
      for (int j = 0; j < tensor.columns(); j++) {
        turned.setFloat(j, i, tensor.getFloat(i, j));
      }
    }
    return turned.memory();
  }
}
