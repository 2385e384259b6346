package dev.annulus.data.statistics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LengthHistogramTest {
  @Test
  void percentilesAreRightWithinAClass() {
    SplittableRandom random = new SplittableRandom(2);
    int[] lengths = new int[10_000];
    LengthHistogram left = new LengthHistogram();
    LengthHistogram right = new LengthHistogram();
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = (int) (1000 * Math.exp(1.5 * random.nextGaussian()));
      (i % 3 == 0 ? left : right).add(lengths[i]);
    }
    left.merge(right);
    Arrays.sort(lengths);
    assertThat(left.documents()).isEqualTo(lengths.length);
    assertThat(left.tokens()).isEqualTo(Arrays.stream(lengths).asLongStream().sum());
    assertThat(left.largest()).isEqualTo(lengths[lengths.length - 1]);
    for (double share : new double[] {0.01, 0.25, 0.5, 0.95, 1}) {
      int exact = lengths[(int) Math.ceil(share * lengths.length) - 1];
      assertThat((double) left.percentile(share)).isBetween((double) exact, exact * 1.016 + 1);
    }
    assertThat(left.byOctave().stream().mapToLong(LengthHistogram.Bar::documents).sum())
        .isEqualTo(lengths.length);
    left.byOctave().forEach(bar -> assertThat(bar.to()).isEqualTo(Math.max(1, 2 * bar.from())));
  }

  @Test
  void theLargestLengthHasAPlace() {
    LengthHistogram histogram = new LengthHistogram();
    histogram.add(Integer.MAX_VALUE);
    histogram.add(0);
    assertThat(histogram.percentile(1)).isEqualTo(Integer.MAX_VALUE);
    assertThat(histogram.byOctave().getFirst().documents()).isEqualTo(1);
    assertThat(histogram.byOctave().getLast().documents()).isEqualTo(1);
  }

  @Test
  void nothingHasNoLengths() {
    assertThat(new LengthHistogram().percentile(0.5)).isZero();
    assertThat(new LengthHistogram().byOctave()).isEmpty();
  }
}
