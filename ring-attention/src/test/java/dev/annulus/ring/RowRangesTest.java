package dev.annulus.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class RowRangesTest {
  private static final int ROWS = 40;

  private static RowRanges random(SplittableRandom random) {
    return of(randomBits(random));
  }

  private static BitSet randomBits(SplittableRandom random) {
    BitSet bits = new BitSet();
    int start = random.nextInt(6);
    while (start < ROWS) {
      int end = Math.min(ROWS, start + 1 + random.nextInt(5));
      bits.set(start, end);
      start = end + random.nextInt(7);
    }
    return bits;
  }

  private static RowRanges of(BitSet bits) {
    int[] bounds = new int[2 * ROWS];
    int size = 0;
    for (int start = bits.nextSetBit(0); start >= 0; ) {
      int end = bits.nextClearBit(start);
      bounds[size++] = start;
      bounds[size++] = end;
      start = bits.nextSetBit(end);
    }
    return RowRanges.of(bounds, size);
  }

  private static BitSet bits(RowRanges ranges) {
    BitSet bits = new BitSet();
    for (int i = 0; i < ranges.ranges(); i++) {
      assertThat(i == 0 || ranges.end(i - 1) < ranges.start(i)).as("%s", ranges).isTrue();
      assertThat(ranges.start(i)).isLessThan(ranges.end(i));
      bits.set(ranges.start(i), ranges.end(i));
    }
    assertThat(ranges.rows()).isEqualTo(bits.cardinality());
    return bits;
  }

  @Test
  void touchingRangesAreOneAndEmptyOnesNone() {
    assertThat(RowRanges.of(0, 2, 2, 5, 7, 7, 8, 9)).hasToString("0..5 8..9");
    assertThat(RowRanges.of(3, 3).isEmpty()).isTrue();
    assertThat(RowRanges.of()).isEqualTo(RowRanges.NONE);
    assertThatThrownBy(() -> RowRanges.of(0, 4, 3, 5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[0, 4, 3, 5]");
  }

  @Test
  void unionAndMembershipAreThoseOfSets() {
    SplittableRandom random = new SplittableRandom(1);
    for (int trial = 0; trial < 500; trial++) {
      BitSet left = trial % 50 == 0 ? new BitSet() : randomBits(random);
      BitSet right = randomBits(random);
      BitSet expected = (BitSet) left.clone();
      expected.or(right);
      RowRanges union = of(left).union(of(right));
      assertThat(bits(union)).isEqualTo(expected);
      assertThat(bits(of(right).union(of(left)))).isEqualTo(expected);
      for (int row = 0; row < ROWS; row++) {
        assertThat(union.contains(row)).isEqualTo(expected.get(row));
      }
    }
  }

  @Test
  void gapsAreFilledSmallestFirstAndNeverForMoreThanAllowed() {
    SplittableRandom random = new SplittableRandom(2);
    for (int trial = 0; trial < 500; trial++) {
      RowRanges ranges = random(random);
      long extra = random.nextInt(12);
      RowRanges filled = ranges.withGapsFilled(extra);
      BitSet added = bits(filled);
      added.andNot(bits(ranges));
      BitSet lost = bits(ranges);
      lost.andNot(bits(filled));
      assertThat(lost.isEmpty()).isTrue();
      assertThat(added.cardinality()).isLessThanOrEqualTo((int) extra);
      // No gap that is left would still have fitted.
      long left = extra - added.cardinality();
      for (int i = 1; i < filled.ranges(); i++) {
        assertThat((long) filled.start(i) - filled.end(i - 1)).isGreaterThan(left);
      }
    }
  }

  @Test
  void theSmallestGapsGoFirst() {
    RowRanges ranges = RowRanges.of(0, 1, 3, 4, 5, 6, 9, 10, 11, 12);
    assertThat(ranges.withGapsFilled(1)).hasToString("0..1 3..6 9..10 11..12");
    assertThat(ranges.withGapsFilled(2)).hasToString("0..1 3..6 9..12");
    assertThat(ranges.withGapsFilled(4)).hasToString("0..6 9..12");
    assertThat(ranges.withGapsFilled(7)).hasToString("0..12");
    assertThat(ranges.withGapsFilled(0)).isSameAs(ranges);
  }
}
