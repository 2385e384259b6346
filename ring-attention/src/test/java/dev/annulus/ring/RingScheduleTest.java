package dev.annulus.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.attention.VisibleKeys;
import dev.annulus.attention.VisibleKeys.MaskClass;
import dev.annulus.config.ParallelSettings;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.layout.Range;
import dev.annulus.layout.SequenceLayout;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RingScheduleTest {
  private static void forAll(int length, Consumer<RingSchedule> check) {
    for (int ranks : new int[] {1, 2, 3, 4, 5, 8}) {
      for (SequenceLayout layout : RowPatterns.layouts(length, ranks)) {
        for (RowPatterns.Row row : RowPatterns.rows(length)) {
          RingSchedule schedule = RingSchedule.of(layout, row.documents());
          try {
            check.accept(schedule);
          } catch (AssertionError e) {
            throw new AssertionError(row.name() + "\n" + schedule.describe(), e);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 37, 64})
  void everyVisiblePairIsCoveredOnceAndNoOther(int length) {
    forAll(
        length,
        schedule -> {
          int[][] covered = new int[length][length];
          for (int rank = 0; rank < schedule.ranks(); rank++) {
            int[] queries = schedule.layout().positionsOf(rank);
            for (int step = 0; step < schedule.ranks(); step++) {
              int owner = schedule.owner(rank, step);
              if (!schedule.sees(rank, owner)) {
                continue;
              }
              assertThat(step == 0 || schedule.holds(rank, step)).isTrue();
              int[] keys = schedule.layout().positionsOf(owner);
              VisibleKeys mask = schedule.mask(rank, owner);
              for (int i = 0; i < queries.length; i++) {
                for (int j = mask.from()[i]; j < mask.to()[i]; j++) {
                  covered[queries[i]][keys[j]]++;
                }
              }
            }
          }
          assertThat(covered).isDeepEqualTo(visible(schedule.documents()));
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 37, 100})
  void areasAndClassesAreThoseOfTheMasks(int length) {
    forAll(
        length,
        schedule -> {
          for (int rank = 0; rank < schedule.ranks(); rank++) {
            for (int owner = 0; owner < schedule.ranks(); owner++) {
              VisibleKeys mask = schedule.mask(rank, owner);
              int queries = schedule.layout().tokensOf(rank);
              int keys = schedule.layout().tokensOf(owner);
              assertThat(schedule.area(rank, owner)).isEqualTo(mask.area());
              assertThat(schedule.sees(rank, owner)).isEqualTo(mask.area() > 0);
              assertThat(schedule.maskClass(rank, owner))
                  .isEqualTo(mask.classify(0, queries, 0, keys));
            }
          }
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 37})
  void whatIsSentIsReceivedAndNeededDownstream(int length) {
    forAll(
        length,
        schedule -> {
          int ranks = schedule.ranks();
          for (int rank = 0; rank < ranks; rank++) {
            int sent = 0;
            for (int step = 0; step < ranks; step++) {
              int owner = schedule.owner(rank, step);
              boolean needed = false;
              for (int later = step + 1; later < ranks; later++) {
                needed |= schedule.sees((owner + later) % ranks, owner);
              }
              assertThat(schedule.passesOn(rank, step)).isEqualTo(needed);
              assertThat(schedule.holds(schedule.next(rank), step + 1)).isEqualTo(needed);
              if (needed) {
                assertThat(schedule.owner(schedule.next(rank), step + 1)).isEqualTo(owner);
                assertThat(schedule.holds(rank, step)).isTrue();
                sent++;
              }
            }
            assertThat(schedule.traffic(rank).forwardHops()).isEqualTo(sent);
            assertThat(schedule.traffic(rank).forwardHopsSkipped()).isEqualTo(ranks - 1 - sent);
          }
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 37})
  void gradientsGoFromUserToUserAndHome(int length) {
    forAll(
        length,
        schedule -> {
          int ranks = schedule.ranks();
          for (int owner = 0; owner < ranks; owner++) {
            boolean travelling = false;
            for (int distance = 1; distance < ranks; distance++) {
              int rank = (owner + distance) % ranks;
              assertThat(schedule.receivesGradients(rank, distance)).isEqualTo(travelling);
              boolean carries = schedule.carriesGradients(rank, distance);
              if (schedule.sees(rank, owner)) {
                assertThat(carries).isTrue();
              }
              travelling = carries && schedule.gradientsTo(rank, distance) != owner;
              if (travelling) {
                assertThat(schedule.gradientsTo(rank, distance)).isEqualTo(schedule.next(rank));
              } else if (carries) {
                assertThat(schedule.lastUser(owner)).isEqualTo(rank);
                assertThat(schedule.sees(rank, owner)).isTrue();
              }
            }
            assertThat(travelling).isFalse();
            assertThat(schedule.reach(owner) > 0).isEqualTo(schedule.firstUse(owner) > 0);
          }
        });
  }

  @Test
  void aContiguousCausalRowSkipsHalfTheHops() {
    RingSchedule schedule =
        RingSchedule.of(
            Layouts.of(ParallelSettings.Layout.CONTIGUOUS, 64, 8), Documents.single(64));
    int hops = 0;
    int skipped = 0;
    long bytes = 0;
    for (int rank = 0; rank < 8; rank++) {
      hops += schedule.traffic(rank).forwardHops();
      skipped += schedule.traffic(rank).forwardHopsSkipped();
      bytes += schedule.traffic(rank).forwardBytes(100);
    }
    assertThat(hops).isEqualTo(28);
    assertThat(skipped).isEqualTo(28);
    assertThat(bytes).isEqualTo(28 * 8 * 100);
    assertThat(schedule.maskClass(0, 0)).isEqualTo(MaskClass.PARTIAL);
    assertThat(schedule.maskClass(3, 2)).isEqualTo(MaskClass.FULL);
    assertThat(schedule.maskClass(2, 3)).isEqualTo(MaskClass.EMPTY);
  }

  @Test
  void documentsThatStayAtHomeSendNothing() {
    Documents documents =
        new Documents(32, List.of(new Range(0, 8), new Range(8, 16), new Range(16, 24)));
    RingSchedule schedule =
        RingSchedule.of(Layouts.of(ParallelSettings.Layout.CONTIGUOUS, 32, 4), documents);
    for (int rank = 0; rank < 4; rank++) {
      assertThat(schedule.traffic(rank)).isEqualTo(new RingTraffic(0, 0, 0, 0, 3, 3));
    }
  }

  @Test
  void aZigzagCausalRowIsBalanced() {
    RingSchedule schedule =
        RingSchedule.of(Layouts.of(ParallelSettings.Layout.ZIGZAG, 64, 4), Documents.single(64));
    for (int rank = 0; rank < 4; rank++) {
      long area = 0;
      for (int owner = 0; owner < 4; owner++) {
        area += schedule.area(rank, owner);
      }
      assertThat(area).isEqualTo(64 * 65 / 2 / 4);
      assertThat(schedule.traffic(rank).forwardHops()).isEqualTo(3);
      assertThat(schedule.traffic(rank).gradientHops()).isEqualTo(3);
    }
  }

  @Test
  void describesItself() {
    RingSchedule schedule =
        RingSchedule.of(
            Layouts.of(ParallelSettings.Layout.CONTIGUOUS, 12, 3), Documents.single(12));
    assertThat(schedule.describe())
        .isEqualTo(
            """
            ring of 3 ranks, contiguous layout, 12 tokens, 1 documents
            steps: # sees all of the block, + some, . none but passes it on, space: not sent
              rank     tokens        pairs  hops  skipped  steps
                 0          4           10     1        1  +
                 1          4           26     2        0  +#
                 2          4           42     0        2  +##
            """);
  }

  @Test
  void aMillionTokensOnAThousandRanksArePlannedWithoutTokens() {
    int length = 1 << 20;
    RingSchedule schedule =
        RingSchedule.of(
            Layouts.of(ParallelSettings.Layout.ZIGZAG, length, 1024), Documents.single(length));
    long area = 0;
    for (int rank = 0; rank < 1024; rank++) {
      for (int owner = 0; owner < 1024; owner++) {
        area += schedule.area(rank, owner);
      }
    }
    assertThat(area).isEqualTo((long) length * (length + 1) / 2);
  }

  @Test
  void layoutAndDocumentsMustBeOfOneRow() {
    SequenceLayout layout = Layouts.of(ParallelSettings.Layout.ZIGZAG, 8, 2);
    assertThatThrownBy(() -> RingSchedule.of(layout, Documents.single(9)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("8")
        .hasMessageContaining("9");
  }

  /** 1 where a query (first index) sees a key. */
  private static int[][] visible(Documents documents) {
    int[][] visible = new int[documents.sequenceLength()][documents.sequenceLength()];
    for (Range document : documents.ranges()) {
      for (int query = document.start(); query < document.end(); query++) {
        for (int key = document.start(); key <= query; key++) {
          visible[query][key] = 1;
        }
      }
    }
    return visible;
  }
}
