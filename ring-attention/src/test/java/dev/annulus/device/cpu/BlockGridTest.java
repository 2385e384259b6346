package dev.annulus.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class BlockGridTest {
  @Test
  void blocksCoverTheProductOnce() {
    Random random = new Random(4);
    for (int i = 0; i < 1000; i++) {
      int m = 1 + random.nextInt(1 << (1 + random.nextInt(14)));
      int n = 1 + random.nextInt(1 << (1 + random.nextInt(14)));
      BlockGrid grid = BlockGrid.of(m, n, 1 + random.nextInt(4096));
      String what = m + " x " + n + ": " + grid;
      assertThat(grid.down() * grid.blockRows()).as(what).isGreaterThanOrEqualTo(m);
      assertThat((grid.down() - 1) * grid.blockRows()).as(what).isLessThan(m);
      assertThat(grid.across() * grid.blockColumns()).as(what).isGreaterThanOrEqualTo(n);
      assertThat((grid.across() - 1) * grid.blockColumns()).as(what).isLessThan(n);
    }
  }

  @Test
  void cutsWhatPays() {
    assertThat(BlockGrid.of(64, 64, 64).count()).as("too small to share").isEqualTo(1);
    assertThat(BlockGrid.of(2048, 512, 512)).isEqualTo(new BlockGrid(8, 2, 256, 256));
    assertThat(BlockGrid.of(65_536, 4096, 4096).blockRows()).isEqualTo(1024);
    assertThat(BlockGrid.of(1, 32_000, 4096).down()).isEqualTo(1);
    assertThat(BlockGrid.of(0, 5, 5).count()).isZero();
    assertThat(BlockGrid.of(5, 0, 5).count()).isZero();
  }
}
