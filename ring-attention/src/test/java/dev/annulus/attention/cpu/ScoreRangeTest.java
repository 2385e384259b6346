package dev.annulus.attention.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.device.cpu.PanelProducts;
import org.junit.jupiter.api.Test;

class ScoreRangeTest {
  @Test
  void coversWhatCountsInColumnsThatAddInOneOrder() {
    int size = 40;
    for (int first = 0; first < size; first++) {
      for (int end = first + 1; end <= size; end++) {
        ScoreRange range = ScoreRange.around(first, end);
        int padded = Math.ceilDiv(end, PanelProducts.RIGHT) * PanelProducts.RIGHT;
        assertThat(range.first()).isBetween(0, first);
        assertThat(range.first() % PanelProducts.RIGHT).isZero();
        assertThat(range.end()).isBetween(end, padded + ScoreRange.BEYOND);
        assertThat(range.count() % 12).isIn(0, 8);
      }
    }
  }
}
