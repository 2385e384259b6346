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
  private static SequenceLayout single(Layout kind, int sequenceLength, int ranks) {
    return Layouts.of(kind, Documents.single(sequenceLength), ranks);
  }

  @Test
  void contiguousGivesEachRankOneChunk() {
    assertThat(single(Layout.CONTIGUOUS, 10, 4))
        .isEqualTo(
            new RangeLayout(
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
    assertThat(single(Layout.ZIGZAG, 16, 2))
        .isEqualTo(
            new RangeLayout(
                "zigzag",
                16,
                List.of(
                    List.of(new Range(0, 4), new Range(12, 16)),
                    // Chunks 1 and 2 touch, so they are one range.
                    List.of(new Range(4, 12)))));
  }

  @Test
  void stripedDealsTokensOut() {
    SequenceLayout layout = single(Layout.STRIPED, 10, 4);
    assertThat(layout.positionsOf(0)).containsExactly(0, 4, 8);
    assertThat(layout.positionsOf(1)).containsExactly(1, 5, 9);
    assertThat(layout.positionsOf(3)).containsExactly(3, 7);
  }

  @ParameterizedTest
  @EnumSource
  void oneTokenIsHeldByOneRank(Layout kind) {
    SequenceLayout layout = single(kind, 1, 5);
    assertThat(layout.ranks()).isEqualTo(5);
    assertThat(layout.maxTokens()).isEqualTo(1);
    int held = 0;
    for (int rank = 0; rank < 5; rank++) {
      held += layout.tokensOf(rank);
    }
    assertThat(held).isEqualTo(1);
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
        Documents documents = RandomDocuments.of(random, sequenceLength);
        SequenceLayout layout = Layouts.of(kind, documents, ranks);
        String what = "seed " + seed + ", " + ranks + " ranks, " + documents + ": " + layout;

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
        assertThat(layout.maxTokens())
            .as(what)
            .isLessThanOrEqualTo(Layouts.maxTokens(kind, sequenceLength, ranks));
        int spread =
            switch (kind) {
              case CONTIGUOUS, STRIPED -> 1;
              case ZIGZAG -> 2;
              case MASK_AWARE -> MaskAwareAssignment.chunksPerRank(sequenceLength, ranks).getLast();
            };
        assertThat(layout.maxTokens() - least).as(what).isLessThanOrEqualTo(spread);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void tokensAreCountedAsTheyLie(Layout kind) {
    Random random = new Random(7);
    for (int ranks = 1; ranks <= 9; ranks++) {
      int sequenceLength = 1 + random.nextInt(60);
      SequenceLayout layout = Layouts.of(kind, RandomDocuments.of(random, sequenceLength), ranks);
      for (int rank = 0; rank < ranks; rank++) {
        int[] positions = layout.positionsOf(rank);
        int before = 0;
        for (int position = 0; position <= sequenceLength; position++) {
          assertThat(layout.tokensBefore(rank, position))
              .as("rank %d, position %d of %s", rank, position, layout)
              .isEqualTo(before);
          before += before < positions.length && positions[before] == position ? 1 : 0;
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void runsCoverAPartOnceAndKeepTheirPromise(Layout kind) {
    Random random = new Random(11);
    for (int ranks = 1; ranks <= 9; ranks++) {
      for (int trial = 0; trial < 20; trial++) {
        int sequenceLength = 1 + random.nextInt(60);
        SequenceLayout layout = Layouts.of(kind, RandomDocuments.of(random, sequenceLength), ranks);
        int start = random.nextInt(sequenceLength + 1);
        Range part = new Range(start, start + random.nextInt(sequenceLength - start + 1));
        int[] seen = new int[sequenceLength];
        List<Integer> firsts = new ArrayList<>();
        layout.forEachRun(
            part,
            (rank, first, stride, count) -> {
              firsts.add(first);
              for (int i = 0; i < count; i++) {
                int token = first + i * stride;
                seen[token]++;
                // Local indices go up one by one: the rank holds nothing in between.
                assertThat(layout.tokensBefore(rank, token))
                    .isEqualTo(layout.tokensBefore(rank, first) + i);
                assertThat(layout.tokensBefore(rank, token + 1))
                    .isEqualTo(layout.tokensBefore(rank, token) + 1);
              }
              for (int other = 0; other < layout.ranks() && count > 1; other++) {
                int growth =
                    layout.tokensBefore(other, first + stride + 1)
                        - layout.tokensBefore(other, first + 1);
                assertThat(growth).isBetween(0, 1);
                for (int i = 0; i < count; i++) {
                  assertThat(layout.tokensBefore(other, first + i * stride + 1))
                      .as("rank %d before token %d of %s", other, first + i * stride, layout)
                      .isEqualTo(layout.tokensBefore(other, first + 1) + i * growth);
                }
              }
            });
        for (int t = 0; t < sequenceLength; t++) {
          assertThat(seen[t]).isEqualTo(t >= part.start() && t < part.end() ? 1 : 0);
        }
        assertThat(firsts).isSorted();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"CONTIGUOUS", "ZIGZAG", "MASK_AWARE"})
  void rangesAreAsFewAsPossible(Layout kind) {
    for (int ranks = 1; ranks <= 17; ranks++) {
      for (int sequenceLength = 1; sequenceLength <= 60; sequenceLength++) {
        RangeLayout layout = (RangeLayout) single(kind, sequenceLength, ranks);
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
    SequenceLayout layout = single(Layout.ZIGZAG, 8 * 64, 8);
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
    SequenceLayout layout = single(kind, Integer.MAX_VALUE, 4096);
    long tokens = 0;
    for (int rank = 0; rank < layout.ranks(); rank++) {
      tokens += layout.tokensOf(rank);
      assertThat(layout.tokensBefore(rank, Integer.MAX_VALUE)).isEqualTo(layout.tokensOf(rank));
    }
    assertThat(tokens).isEqualTo(Integer.MAX_VALUE);
    long[] visited = new long[1];
    layout.forEachRun(
        new Range(Integer.MAX_VALUE - 9999, Integer.MAX_VALUE),
        (rank, first, stride, count) -> visited[0] += count);
    assertThat(visited[0]).isEqualTo(9999);
  }

  @ParameterizedTest
  @CsvSource({"0,1", "1,0", "1,-3"})
  void emptyRowsAndRingsAreRefused(int sequenceLength, int ranks) {
    Documents padding = new Documents(sequenceLength, List.of());
    assertThatThrownBy(() -> Layouts.of(Layout.ZIGZAG, padding, ranks))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("layout of " + sequenceLength + " tokens over " + ranks + " ranks");
    assertThatThrownBy(() -> Layouts.maxTokens(Layout.MASK_AWARE, sequenceLength, ranks))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("layout of " + sequenceLength + " tokens over " + ranks + " ranks");
  }

  @Test
  void rangesThatDoNotCoverTheRowOnceAreRefused() {
    Range front = new Range(0, 3);
    for (Range other : List.of(new Range(4, 6), new Range(2, 6), new Range(3, 5))) {
      assertThatThrownBy(() -> new RangeLayout("odd", 6, List.of(List.of(front), List.of(other))))
          .as("%s", other)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("a row of 6");
    }
  }
}
