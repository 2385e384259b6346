package dev.annulus.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.device.Differences;
import dev.annulus.device.HostDoubles;
import dev.annulus.device.HostMemory;
import dev.annulus.device.RandomTensors;
import dev.annulus.device.Tensor;
import dev.annulus.device.cpu.OpenBlas.Operand;
import dev.annulus.device.reference.ReferenceLinear;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OpenBlasTest {
  private final RandomTensors random = new RandomTensors(3);

  @AfterEach
  void free() {
    random.close();
  }

  @Test
  void namesItselfAndItsProcessor() {
    assertThat(OpenBlas.config()).startsWith("OpenBLAS 0.3.");
    assertThat(OpenBlas.coreName()).isNotBlank();
  }

  @Test
  void readsOperandsTransposedStridedAndOffset() {
    Tensor a = random.normal(6, 9);
    Tensor b = random.normal(8, 11);
    Tensor c = random.normal(5, 10);
    Tensor before = random.copyOf(c);
    // c[1..4, 2..6) = 2 a' b' + 3 c; a' is columns 1..4 of rows 0..5, b' rows 3..7 turned.
    OpenBlas.sgemm(
        3,
        4,
        5,
        2,
        Operand.transposeOf(a.memory(), 1, 9),
        Operand.transposeOf(b.memory(), 3 * 11 + 4, 11),
        3,
        Operand.of(c.memory(), 12, 10));
    for (int i = 0; i < 5; i++) {
      for (int j = 0; j < 10; j++) {
        double expected = before.getFloat(i, j);
        if (i >= 1 && i < 4 && j >= 2 && j < 6) {
          expected *= 3;
          for (int e = 0; e < 5; e++) {
            expected += 2.0 * a.getFloat(e, 1 + i - 1) * b.getFloat(3 + j - 2, 4 + e);
          }
        }
        assertThat(Math.abs(c.getFloat(i, j) - expected)).as("%d, %d", i, j).isLessThan(1e-5);
      }
    }
  }

  @Test
  void refusesToLeaveItsMemory() {
    Operand small = Operand.of(random.zeros(4, 4).memory(), 0, 4);
    assertThatThrownBy(() -> OpenBlas.sgemm(4, 4, 5, 1, small, small, 0, small))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessageContaining("sgemm a [4, 5]");
    Operand shifted = Operand.of(small.memory(), 1, 4);
    assertThatThrownBy(() -> OpenBlas.sgemm(4, 4, 4, 1, small, small, 0, shifted))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void refusesFreedMemory() {
    HostMemory memory = new HostMemory();
    Operand freed = Operand.of(memory.newArena().allocate(4, 4).memory(), 0, 4);
    memory.close();
    assertThatThrownBy(() -> OpenBlas.sgemm(4, 4, 4, 1, freed, freed, 0, freed))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("freed");
  }

  @Test
  void twoThreadsAtATimeGetTheBitsOfOne() throws Exception {
    int[] sizes = {5, 40, 64, 100, 129, 200};
    List<Tensor> alone = products(sizes);
    CyclicBarrier start = new CyclicBarrier(2);
    Callable<List<Tensor>> work =
        () -> {
          start.await(30, TimeUnit.SECONDS);
          List<Tensor> last = List.of();
          for (int i = 0; i < 20; i++) {
            last = products(sizes);
          }
          return last;
        };
    try (var threads = Executors.newFixedThreadPool(2)) {
      List<Future<List<Tensor>>> results = new ArrayList<>();
      results.add(threads.submit(work));
      results.add(threads.submit(work));
      for (Future<List<Tensor>> result : results) {
        List<Tensor> together = result.get(60, TimeUnit.SECONDS);
        for (int i = 0; i < sizes.length; i++) {
          assertThat(together.get(i).memory().mismatch(alone.get(i).memory()))
              .as("product of size %d", sizes[i])
              .isEqualTo(-1);
        }
      }
    }
  }

  /** Square products of the same seeded numbers, each checked against doubles. */
  private static List<Tensor> products(int[] sizes) {
    List<Tensor> products = new ArrayList<>();
    try (RandomTensors inputs = new RandomTensors(9)) {
      for (int n : sizes) {
        Tensor a = inputs.normal(n, n);
        Tensor b = inputs.normal(n, n);
        Tensor c = new HostMemory().newArena().allocate(n, n);
        OpenBlas.sgemm(
            n,
            n,
            n,
            1,
            Operand.of(a.memory(), 0, n),
            Operand.transposeOf(b.memory(), 0, n),
            0,
            Operand.of(c.memory(), 0, n));
        double[] exact = ReferenceLinear.forward(HostDoubles.read(a), HostDoubles.read(b), n, n, n);
        assertThat(Differences.relative(HostDoubles.read(c), exact)).isLessThan(1e-6);
        products.add(c);
      }
    }
    return products;
  }

  @Test
  void computesOnTheCallingThread() {
    assertThat(OpenBlas.threads()).isEqualTo(1);
  }
}
