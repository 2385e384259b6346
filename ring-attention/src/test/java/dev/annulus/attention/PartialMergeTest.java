package dev.annulus.attention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.device.HostMemory;
import dev.annulus.device.Tensor;
import org.junit.jupiter.api.Test;

class PartialMergeTest {
  private static final float NONE = Float.NEGATIVE_INFINITY;
  private static final AttentionShape SHAPE = new AttentionShape(2, 1, 3);

  @Test
  void mergesByTheirSumsOfExponentials() {
    Merged merged = merge(1.5f, 2, 0.25f, 4);
    double left = Math.exp(1.5);
    double right = Math.exp(0.25);
    assertThat((double) merged.lse()).isCloseTo(Math.log(left + right), within(1e-6));
    assertThat((double) merged.out())
        .isCloseTo((2 * left + 4 * right) / (left + right), within(1e-6));
  }

  @Test
  void aSideThatSawNothingChangesNothing() {
    assertThat(merge(1.25f, 3, NONE, 0)).isEqualTo(new Merged(3, 1.25f));
    assertThat(merge(NONE, 0, 1.25f, 3)).isEqualTo(new Merged(3, 1.25f));
  }

  @Test
  void whatNobodySawStaysZeroWithoutNaN() {
    assertThat(merge(NONE, 0, NONE, 0)).isEqualTo(new Merged(0, NONE));
  }

  @Test
  void farApartSidesNeitherOverflowNorLoseTheLarger() {
    assertThat(merge(500, 2, -500, 9)).isEqualTo(new Merged(2, 500));
    assertThat(merge(-500, 9, 500, 2)).isEqualTo(new Merged(2, 500));
  }

  @Test
  void sharesSumToOne() {
    for (float left : new float[] {-90, -3.3f, 0, 11.7f}) {
      for (float right : new float[] {-88.5f, 0.1f, 40}) {
        assertThat(PartialMerge.weight(left, right) + PartialMerge.weight(right, left))
            .as("%s and %s", left, right)
            .isCloseTo(1, within(6e-8f));
      }
    }
  }

  @Test
  void aNaNStaysVisible() {
    assertThat(merge(Float.NaN, 1, 0, 1).lse()).isNaN();
    assertThat(merge(0, 1, Float.NaN, 1).out()).isNaN();
  }

  @Test
  void everyHeadAndTokenHasItsOwnLogarithm() {
    try (HostMemory memory = new HostMemory();
        var arena = memory.newArena()) {
      Tensor out = arena.allocate(2, 6);
      Tensor lse = arena.allocate(2, 2);
      Tensor partOut = arena.allocate(2, 6);
      Tensor partLse = arena.allocate(2, 2);
      for (int head = 0; head < 2; head++) {
        for (int token = 0; token < 2; token++) {
          boolean seen = head == 1 && token == 0;
          lse.setFloat(head, token, NONE);
          partLse.setFloat(head, token, seen ? 7 : NONE);
        }
      }
      for (int i = 0; i < 12; i++) {
        partOut.setFloat(0, i, i + 1);
      }
      PartialMerge.merge(SHAPE, out, lse, partOut, partLse);
      for (int i = 0; i < 12; i++) {
        boolean seen = i / 6 == 0 && i % 6 >= 3;
        assertThat(out.getFloat(0, i)).as("element %d", i).isEqualTo(seen ? i + 1 : 0);
      }
      assertThat(lse.getFloat(1, 0)).isEqualTo(7);
      assertThat(lse.getFloat(0, 1)).isEqualTo(NONE);
    }
  }

  private record Merged(float out, float lse) {}

  private static Merged merge(float leftLse, float left, float rightLse, float right) {
    AttentionShape shape = new AttentionShape(1, 1, 1);
    try (HostMemory memory = new HostMemory();
        var arena = memory.newArena()) {
      Tensor out = arena.allocate(1, 1);
      Tensor lse = arena.allocate(1, 1);
      Tensor partOut = arena.allocate(1, 1);
      Tensor partLse = arena.allocate(1, 1);
      out.setFloat(0, 0, left);
      lse.setFloat(0, 0, leftLse);
      partOut.setFloat(0, 0, right);
      partLse.setFloat(0, 0, rightLse);
      PartialMerge.merge(shape, out, lse, partOut, partLse);
      return new Merged(out.getFloat(0, 0), lse.getFloat(0, 0));
    }
  }
}
