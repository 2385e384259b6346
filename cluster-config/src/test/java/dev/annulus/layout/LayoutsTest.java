package dev.annulus.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.config.ParallelSettings.Layout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class LayoutsTest {
  @Test
  void contiguousGivesEachRankOneChunk() {
    assertThat(Layouts.of(Layout.CONTIGUOUS, 10, 4))
        .isEqualTo(
            new SequenceLayout(
                "contiguous",
                10,
                List.of(
                    List.of(new Range(0, 2)),
                    List.of(new Range(2, 5)),
                    List.of(new Range(5, 7)),
                    List.of(new Range(7, 10)))));
  }

  @Test
  void zigzagGivesEachRankAChunkAndItsMirror() {
    assertThat(Layouts.of(Layout.ZIGZAG, 16, 2))
        .isEqualTo(
            new SequenceLayout(
                "zigzag",
                16,
                List.of(
                    List.of(new Range(0, 4), new Range(12, 16)),
                    // Chunks 1 and 2 touch, so they are one range.
                    List.of(new Range(4, 12)))));
  }

  @ParameterizedTest
  @EnumSource
  void oneRankHoldsTheRowAsOneRange(Layout kind) {
    assertThat(Layouts.of(kind, 7, 1).rangesByRank()).isEqualTo(List.of(List.of(new Range(0, 7))));
  }

  @ParameterizedTest
  @EnumSource
  void oneTokenIsHeldByOneRank(Layout kind) {
    SequenceLayout layout = Layouts.of(kind, 1, 5);
    assertThat(layout.rangesByRank().stream().filter(ranges -> !ranges.isEmpty()).toList())
        .isEqualTo(List.of(List.of(new Range(0, 1))));
    assertThat(layout.ranks()).isEqualTo(5);
    assertThat(layout.maxTokens()).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void everyTokenIsHeldExactlyOnceInOrder(Layout kind) {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int ranks = 1; ranks <= 17; ranks++) {
      for (int trial = 0; trial < 40; trial++) {
        // Half of the rows are short: about the size of the ring.
        int sequenceLength = 1 + random.nextInt(trial % 2 == 0 ? 3 * ranks : 5000);
        SequenceLayout layout = Layouts.of(kind, sequenceLength, ranks);
        String what = "seed " + seed + ": " + layout;

        int[] timesHeld = new int[sequenceLength];
        int least = Integer.MAX_VALUE;
        for (int rank = 0; rank < ranks; rank++) {
          int[] positions = layout.positionsOf(rank);
          assertThat(positions).as(what).hasSize(layout.tokensOf(rank));
          for (int i = 0; i < positions.length; i++) {
            timesHeld[positions[i]]++;
            assertThat(i == 0 || positions[i - 1] < positions[i]).as(what).isTrue();
          }
          least = Math.min(least, positions.length);
        }
        assertThat(timesHeld).as(what).containsOnly(1);
        assertThat(layout.maxTokens() - least)
            .as(what)
            .isLessThanOrEqualTo(kind == Layout.ZIGZAG ? 2 : 1);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void rangesAreAsFewAsPossible(Layout kind) {
    for (int ranks = 1; ranks <= 17; ranks++) {
      for (int sequenceLength = 1; sequenceLength <= 60; sequenceLength++) {
        SequenceLayout layout = Layouts.of(kind, sequenceLength, ranks);
        for (List<Range> ranges : layout.rangesByRank()) {
          for (int i = 0; i < ranges.size(); i++) {
            assertThat(ranges.get(i).length()).as("%s", layout).isPositive();
            assertThat(i == 0 || ranges.get(i - 1).end() < ranges.get(i).start())
                .as("%s", layout)
                .isTrue();
          }
        }
      }
    }
  }

  @Test
  void zigzagSharesTheCausalPairsEvenly() {
    List<Long> pairsByRank = new ArrayList<>();
    SequenceLayout layout = Layouts.of(Layout.ZIGZAG, 8 * 64, 8);
    for (int rank = 0; rank < 8; rank++) {
      long pairs = 0;
      for (int position : layout.positionsOf(rank)) {
        pairs += position + 1;
      }
      pairsByRank.add(pairs);
    }
    assertThat(pairsByRank).containsOnly(512L * 513 / 2 / 8);
  }

  @ParameterizedTest
  @EnumSource
  void rowsOfTheLargestLengthDoNotOverflow(Layout kind) {
    SequenceLayout layout = Layouts.of(kind, Integer.MAX_VALUE, 4096);
    long tokens = 0;
    for (int rank = 0; rank < layout.ranks(); rank++) {
      tokens += layout.tokensOf(rank);
    }
    assertThat(tokens).isEqualTo(Integer.MAX_VALUE);
  }

  @ParameterizedTest
  @CsvSource({"0,1", "-1,1", "1,0", "1,-3"})
  void emptyRowsAndRingsAreRefused(int sequenceLength, int ranks) {
    assertThatThrownBy(() -> Layouts.of(Layout.ZIGZAG, sequenceLength, ranks))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("layout of " + sequenceLength + " tokens over " + ranks + " ranks");
  }
}
