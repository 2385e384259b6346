package dev.annulus.data.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SeededRowOrderTest {
  private static int[] epoch(RowOrder order, int rows, int epoch) {
    return IntStream.range(0, rows).map(i -> order.rowAt((long) epoch * rows + i)).toArray();
  }

  @Test
  void visitsEveryRowOnceAnEpoch() {
    for (int rows : new int[] {1, 2, 3, 4, 5, 16, 17, 97, 255, 256, 257, 1000, 7919, 65_537}) {
      for (int epoch = 0; epoch < 3; epoch++) {
        int[] visited = epoch(new SeededRowOrder(42, rows), rows, epoch);
        assertThat(IntStream.of(visited).sorted().toArray())
            .as("rows %d epoch %d", rows, epoch)
            .isEqualTo(IntStream.range(0, rows).toArray());
      }
    }
  }

  @Test
  void reachesEveryRowOfAVeryLargeSet() {
    RowOrder order = new SeededRowOrder(1, Integer.MAX_VALUE);
    for (long position = 0; position < 1000; position++) {
      assertThat(order.rowAt(position * 2_147_483L)).isBetween(0, Integer.MAX_VALUE - 1);
    }
  }

  @Test
  void epochsAndSeedsDifferAndTheSameSeedRepeats() {
    int[] first = epoch(new SeededRowOrder(7, 100), 100, 0);
    assertThat(epoch(new SeededRowOrder(7, 100), 100, 0)).isEqualTo(first);
    assertThat(epoch(new SeededRowOrder(7, 100), 100, 1)).isNotEqualTo(first);
    assertThat(epoch(new SeededRowOrder(8, 100), 100, 0)).isNotEqualTo(first);
    assertThat(first).isNotEqualTo(IntStream.range(0, 100).toArray());
  }

  /** All 24 orders of 4 rows come up about equally often: chi-square, 23 degrees of freedom. */
  @Test
  void ordersAreEvenlySpread() {
    Map<Integer, Integer> seen = new HashMap<>();
    int epochs = 24 * 500;
    RowOrder order = new SeededRowOrder(3, 4);
    for (int epoch = 0; epoch < epochs; epoch++) {
      int key = 0;
      for (int row : epoch(order, 4, epoch)) {
        key = key * 4 + row;
      }
      seen.merge(key, 1, Integer::sum);
    }
    assertThat(seen).hasSize(24);
    double chiSquare =
        seen.values().stream().mapToDouble(n -> (n - 500.) * (n - 500.) / 500.).sum();
    assertThat(chiSquare).isLessThan(60);
  }

  /** A fixed point of the format: a resumed run must visit what the first one would have. */
  @Test
  void neverChanges() {
    assertThat(epoch(new SeededRowOrder(1234, 10), 10, 0))
        .containsExactly(3, 0, 7, 4, 1, 6, 5, 8, 2, 9);
  }

  @Test
  void sequentialWrapsAround() {
    RowOrder order = SeededRowOrder.of(false, 1, 3);
    assertThat(IntStream.range(0, 7).map(order::rowAt)).containsExactly(0, 1, 2, 0, 1, 2, 0);
    assertThat(SeededRowOrder.of(true, 1, 3)).isInstanceOf(SeededRowOrder.class);
  }

  @Test
  void refusesWhatMakesNoSense() {
    assertThatThrownBy(() -> new SeededRowOrder(1, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new SequentialRowOrder(0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new SeededRowOrder(1, 5).rowAt(-1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new SequentialRowOrder(5).rowAt(-1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
