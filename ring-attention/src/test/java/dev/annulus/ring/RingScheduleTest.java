package dev.annulus.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.attention.VisibleKeys;
import dev.annulus.attention.VisibleKeys.MaskClass;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.layout.Range;
import dev.annulus.layout.SequenceLayout;
import java.util.BitSet;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The plan against what a mask of N x N says. */
final class RingScheduleTest {
  private static void forAll(int length, Consumer<RingSchedule> check) {
    for (int ranks : new int[] {1, 2, 3, 4, 5, 8}) {
      for (RowPatterns.Row row : RowPatterns.rows(length)) {
        for (SequenceLayout layout : RowPatterns.layouts(row.documents(), ranks)) {
          RingSchedule ring = RingSchedule.of(layout, row.documents(), Route.RING);
          for (Route route : Route.values()) {
            RingSchedule schedule = ring.via(route);
            try {
              check.accept(schedule);
            } catch (AssertionError e) {
              throw new AssertionError(row.name() + "\n" + schedule.describe(), e);
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 37, 64})
  void everyVisiblePairIsInOneTaskAndNoOther(int length) {
    forAll(
        length,
        schedule -> {
          int[][] covered = new int[length][length];
          for (int rank = 0; rank < schedule.ranks(); rank++) {
            int[] queries = schedule.layout().positionsOf(rank);
            for (int step = 0; step < schedule.ranks(); step++) {
              int owner = schedule.owner(rank, step);
              assertThat(schedule.user(owner, step)).isEqualTo(rank);
              int[] keys = schedule.layout().positionsOf(owner);
              long area = 0;
              for (ChunkTask task : schedule.tasks(rank, owner)) {
                area += task.area();
                for (int i = task.queryStart(); i < task.queryEnd(); i++) {
                  for (int j = task.keyStart(); j < task.keysEnd(i); j++) {
                    covered[queries[i]][keys[j]]++;
                  }
                }
              }
              assertThat(schedule.area(rank, owner)).isEqualTo(area);
              assertThat(schedule.sees(rank, owner)).isEqualTo(area > 0);
            }
          }
          assertThat(covered).isDeepEqualTo(visible(schedule.documents()));
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 37, 100})
  void masksAndClassesAreThoseOfThePositions(int length) {
    forAll(
        length,
        schedule -> {
          int[] firstVisible = schedule.documents().firstVisible();
          for (int rank = 0; rank < schedule.ranks(); rank++) {
            int[] queries = schedule.layout().positionsOf(rank);
            for (int owner = 0; owner < schedule.ranks(); owner++) {
              int[] keys = schedule.layout().positionsOf(owner);
              VisibleKeys expected = VisibleKeys.between(queries, keys, firstVisible);
              VisibleKeys mask = schedule.mask(rank, owner);
              for (int i = 0; i < queries.length; i++) {
                int seen = expected.to()[i] - expected.from()[i];
                assertThat(mask.to()[i] - mask.from()[i]).isEqualTo(seen);
                assertThat(seen == 0 || mask.from()[i] == expected.from()[i]).isTrue();
              }
              assertThat(schedule.maskClass(rank, owner))
                  .isEqualTo(mask.classify(0, queries.length, 0, keys.length));
            }
          }
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 37, 64})
  void whatIsSentIsWhatIsNeeded(int length) {
    // Rows this short leave nothing to be sent besides: one in a hundred is none.
    forAll(
        length,
        schedule -> {
          int ranks = schedule.ranks();
          for (int owner = 0; owner < ranks; owner++) {
            BitSet fartherOn = new BitSet();
            for (int distance = ranks - 1; distance > 0; distance--) {
              int rank = schedule.user(owner, distance);
              BitSet needed = neededRows(schedule, rank, owner);
              fartherOn.or(needed);
              assertThat(rows(schedule.needed(rank, owner))).isEqualTo(needed);
              Shipment shipment = schedule.keysTo(rank, distance);
              assertThat(shipment.owner()).isEqualTo(owner);
              assertThat(shipment.to()).isEqualTo(rank);
              boolean ring = schedule.route() == Route.RING;
              assertThat(shipment.from()).isEqualTo(ring ? schedule.previous(rank) : owner);
              assertThat(rows(shipment.rows())).isEqualTo(ring ? fartherOn : needed);
              assertThat(schedule.keysFrom(shipment.from(), distance)).isEqualTo(shipment);
            }
          }
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 37, 64})
  void gradientsReturnFromThoseWhoContributed(int length) {
    forAll(
        length,
        schedule -> {
          int ranks = schedule.ranks();
          boolean ring = schedule.route() == Route.RING;
          for (int owner = 0; owner < ranks; owner++) {
            BitSet contributed = new BitSet();
            int arrivals = 0;
            for (int distance = 1; distance < ranks; distance++) {
              int rank = schedule.user(owner, distance);
              BitSet own = neededRows(schedule, rank, owner);
              contributed.or(own);
              Shipment shipment = schedule.gradientsFrom(rank, distance);
              assertThat(shipment.from()).isEqualTo(rank);
              assertThat(shipment.owner()).isEqualTo(owner);
              boolean beyond = distance > schedule.reach(owner);
              BitSet expected = !ring ? own : beyond ? new BitSet() : contributed;
              assertThat(rows(shipment.rows())).isEqualTo(expected);
              boolean home = !ring || distance >= schedule.reach(owner);
              assertThat(shipment.to()).isEqualTo(home ? owner : schedule.next(rank));
              arrivals += shipment.to() == owner && !shipment.isEmpty() ? 1 : 0;
            }
            assertThat(arrivals > 0).isEqualTo(!contributed.isEmpty());
            assertThat(arrivals).isLessThanOrEqualTo(ring ? 1 : ranks - 1);
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void fewRowsAreAddedToSaveMessagesAndNobodySendsWhatNeverCame(Layout kind) {
    for (int seed = 0; seed < 3; seed++) {
      Documents documents = RowPatterns.logNormal(40_000, 400, 1.2, seed);
      SequenceLayout layout = Layouts.of(kind, documents, 8);
      for (Route route : Route.values()) {
        RingSchedule schedule = RingSchedule.of(layout, documents, route);
        for (int owner = 0; owner < 8; owner++) {
          RowRanges held = RowRanges.of(0, layout.tokensOf(owner));
          RowRanges needed = RowRanges.NONE;
          for (int distance = 7; distance > 0; distance--) {
            RowRanges own = schedule.needed(schedule.user(owner, distance), owner);
            needed = route == Route.RING ? needed.union(own) : own;
            RowRanges sent = schedule.keysTo(schedule.user(owner, distance), distance).rows();
            assertThat(sent.union(needed)).isEqualTo(sent);
            assertThat(sent.rows()).isLessThanOrEqualTo(needed.rows() + needed.rows() / 100);
            assertThat(sent.ranges()).isLessThanOrEqualTo(needed.ranges());
          }
          for (int distance = 1; distance < 8; distance++) {
            RowRanges sent = schedule.keysTo(schedule.user(owner, distance), distance).rows();
            assertThat(held.union(sent)).isEqualTo(held);
            held = route == Route.RING ? sent : held;
          }
          RowRanges carried = RowRanges.NONE;
          for (int distance = 1; distance <= schedule.reach(owner); distance++) {
            RowRanges sent =
                schedule.gradientsFrom(schedule.user(owner, distance), distance).rows();
            assertThat(sent.union(carried)).as("what came goes on").isEqualTo(sent);
            carried = route == Route.RING ? sent : carried;
          }
        }
      }
    }
  }

  @Test
  void aContiguousCausalRowSkipsHalfTheHops() {
    Documents documents = Documents.single(64);
    RingSchedule schedule =
        RingSchedule.of(Layouts.of(Layout.CONTIGUOUS, documents, 8), documents, Route.RING);
    RingTraffic traffic = schedule.traffic();
    assertThat(traffic.forwardHops()).isEqualTo(28);
    assertThat(traffic.forwardHopsSkipped()).isEqualTo(28);
    assertThat(traffic.forwardBytes(100)).isEqualTo(28 * 8 * 100);
    assertThat(traffic.sentOverNeeded()).isEqualTo(1);
    assertThat(schedule.maskClass(0, 0)).isEqualTo(MaskClass.PARTIAL);
    assertThat(schedule.maskClass(3, 2)).isEqualTo(MaskClass.FULL);
    assertThat(schedule.maskClass(2, 3)).isEqualTo(MaskClass.EMPTY);
  }

  @Test
  void documentsThatStayAtHomeSendNothing() {
    Documents documents =
        new Documents(32, List.of(new Range(0, 8), new Range(8, 16), new Range(16, 24)));
    for (Route route : Route.values()) {
      RingSchedule schedule =
          RingSchedule.of(Layouts.of(Layout.CONTIGUOUS, documents, 4), documents, route);
      for (int rank = 0; rank < 4; rank++) {
        assertThat(schedule.traffic(rank)).isEqualTo(new RingTraffic(0, 0, 0, 0, 0, 0, 3, 3, 0));
      }
    }
  }

  @Test
  void aZigzagCausalRowIsBalancedAndTheDirectRouteSavesAQuarterOfIt() {
    Documents documents = Documents.single(64);
    RingSchedule ring =
        RingSchedule.of(Layouts.of(Layout.ZIGZAG, documents, 4), documents, Route.RING);
    for (int rank = 0; rank < 4; rank++) {
      assertThat(ring.area(rank)).isEqualTo(64 * 65 / 2 / 4);
      assertThat(ring.traffic(rank).forwardHops()).isEqualTo(3);
    }
    assertThat(ring.areaWorstOverMean()).isEqualTo(1);
    long needed = ring.traffic().neededTokens();
    assertThat(needed).isEqualTo(4 * 3 * 16 * 3 / 4);
    assertThat(ring.traffic().forwardTokens()).isGreaterThan(needed);
    assertThat(ring.via(Route.DIRECT).traffic().forwardTokens()).isEqualTo(needed);
  }

  @Test
  void describesItself() {
    Documents documents = Documents.single(12);
    RingSchedule schedule =
        RingSchedule.of(Layouts.of(Layout.CONTIGUOUS, documents, 3), documents, Route.RING);
    assertThat(schedule.describe())
        .isEqualTo(
            """
            ring of 3 ranks, contiguous layout, ring route, 12 tokens, 1 documents
            work: worst rank 1.615 of the mean; keys sent: 12 tokens, 1.000 of those needed
            steps: # sees all of the block, + some, . none but passes it on, space: not sent
              rank     tokens        pairs  hops  skipped  steps
                 0          4           10     1        1  +
                 1          4           26     2        0  +#
                 2          4           42     0        2  +##
            """);
  }

  @ParameterizedTest
  @EnumSource
  void aMillionTokensOnAThousandRanksArePlannedWithoutTokens(Layout kind) {
    int length = 1 << 20;
    Documents documents = Documents.single(length);
    RingSchedule schedule =
        RingSchedule.of(Layouts.of(kind, documents, 1024), documents, Route.DIRECT);
    long area = 0;
    for (int rank = 0; rank < 1024; rank++) {
      area += schedule.area(rank);
    }
    assertThat(area).isEqualTo((long) length * (length + 1) / 2);
  }

  @ParameterizedTest
  @EnumSource
  void ofALongPackedRowWhatIsNeededIsCountedAloneAndLittleMoreIsSent(Layout kind) {
    Documents documents = RowPatterns.logNormal(1 << 18, 1024, 2, 7);
    for (int ranks : new int[] {3, 8, 32}) {
      SequenceLayout layout = Layouts.of(kind, documents, ranks);
      long needed = NeededTokens.count(layout, documents);
      RingSchedule direct = RingSchedule.of(layout, documents, Route.DIRECT);
      assertThat(direct.traffic().neededTokens()).as("%d ranks", ranks).isEqualTo(needed);
      assertThat(direct.traffic().forwardTokens()).isBetween(needed, needed + needed / 50);
      assertThat(direct.via(Route.RING).traffic().forwardTokens()).isGreaterThanOrEqualTo(needed);
      if (kind == Layout.MASK_AWARE) {
        assertThat(direct.areaWorstOverMean()).isLessThan(1.05);
      }
    }
  }

  @Test
  void layoutAndDocumentsMustBeOfOneRow() {
    SequenceLayout layout = Layouts.of(Layout.ZIGZAG, Documents.single(8), 2);
    assertThatThrownBy(() -> RingSchedule.of(layout, Documents.single(9), Route.RING))
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

  /** Rows of the owner's block that any query of the rank sees, pair by pair. */
  private static BitSet neededRows(RingSchedule schedule, int rank, int owner) {
    int[][] visible = visible(schedule.documents());
    int[] keys = schedule.layout().positionsOf(owner);
    BitSet needed = new BitSet();
    for (int query : schedule.layout().positionsOf(rank)) {
      for (int j = 0; j < keys.length; j++) {
        if (visible[query][keys[j]] == 1) {
          needed.set(j);
        }
      }
    }
    return needed;
  }

  private static BitSet rows(RowRanges ranges) {
    BitSet rows = new BitSet();
    for (int i = 0; i < ranges.ranges(); i++) {
      rows.set(ranges.start(i), ranges.end(i));
    }
    return rows;
  }
}
