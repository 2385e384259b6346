package dev.annulus.data.pack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MixtureTest {
  @Test
  void theScarcestSourceLimitsTheWhole() {
    Mixture mixture = Mixture.weighted(List.of(3.0, 1.0), List.of(1.0, 2.0), List.of(900L, 100L));
    // The second gives at most 200 of 800 tokens, so the first gives 600.
    assertThat(mixture.times()[0]).isEqualTo(2.0 / 3, within(1e-12));
    assertThat(mixture.times()[1]).isEqualTo(2);
  }

  @Test
  void sourcesWithoutTokensOrWeightTakeNoPart() {
    Mixture mixture =
        Mixture.weighted(List.of(1.0, 1.0, 0.0), List.of(1.0, 1.0, 1.0), List.of(50L, 0L, 70L));
    assertThat(mixture.times()).containsExactly(1, 0, 0);
  }

  @Test
  void documentsAreDrawnInProportion() {
    Mixture mixture = new Mixture(new double[] {2.25, 0, 1});
    SplittableRandom random = new SplittableRandom(3);
    long copies = 0;
    for (int d = 0; d < 100_000; d++) {
      long draw = random.nextLong();
      assertThat(mixture.copies(0, draw)).isBetween(2, 3);
      assertThat(mixture.copies(1, draw)).isZero();
      assertThat(mixture.copies(2, draw)).isEqualTo(1);
      copies += mixture.copies(0, draw);
    }
    assertThat(copies / 100_000.0).isEqualTo(2.25, within(0.01));
  }
}
