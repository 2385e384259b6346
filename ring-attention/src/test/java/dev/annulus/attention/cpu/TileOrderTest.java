package dev.annulus.attention.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TileOrderTest {
  /** The second is what waiting for earlier tiles relies on. */
  @ParameterizedTest
  @CsvSource({"1, 1, 1", "1, 9, 1", "4, 3, 1", "4, 3, 2", "5, 3, 2", "8, 2, 3", "3, 4, 3"})
  void everyTileOnceAndOfEachHeadInOrder(int heads, int tiles, int together) {
    TileOrder order = new TileOrder(heads, tiles, together);
    assertThat(order.count()).isEqualTo(heads * tiles);
    Set<Integer> seen = new HashSet<>();
    int[] next = new int[heads];
    for (int part = 0; part < order.count(); part++) {
      int head = order.head(part);
      assertThat(order.tile(part)).as("part %d", part).isEqualTo(next[head]++);
      assertThat(seen.add(head * tiles + order.tile(part))).isTrue();
    }
  }
}
