package dev.annulus.ring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.device.Device;
import dev.annulus.device.reference.ReferenceDevice;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.link.InProcessNetwork;
import dev.annulus.link.Link;
import dev.annulus.link.LinkException;
import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.Workers;
import dev.annulus.ring.RingProblem.Solution;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rings whose ranks copy blocks from each other: the same bits as over a link, and safe ends. */
final class PeerCopiesTest {
  private static final AttentionShape SHAPE = new AttentionShape(2, 1, 8);
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofMillis(1200);
  private static final long STEP = 7;

  private final AtomicLong shownBytes = new AtomicLong();

  @AfterEach
  void nothingStays() {
    assertThat(shownBytes).as("bytes still shown").hasValue(0);
  }

  @ParameterizedTest
  @CsvSource({"2, RING", "2, DIRECT", "3, RING", "4, DIRECT", "5, RING", "5, DIRECT", "6, RING"})
  void theBitsAreThoseOverALink(int ranks, Route route) {
    Documents documents = RowPatterns.logNormal(97, 20, 1.2, ranks);
    RingProblem problem = RingProblem.of(SHAPE, documents, ranks);
    for (Layout kind : Layout.values()) {
      RingSchedule schedule = RingSchedule.of(Layouts.of(kind, documents, ranks), documents, route);
      Solution expected = SteppedRing.solve(problem, schedule, ReferenceDevice::new);
      List<Link> links = InProcessNetwork.create(ranks, LONG, () -> false);
      for (Solution solution :
          problem.solveByCopies(schedule, links, rank -> device("host", rank), 3)) {
        assertThat(solution.sameBits(expected)).as(schedule.describe()).isTrue();
      }
    }
  }

  /** One thread, ranks in random orders: whoever can go on does not need another to wait. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void ranksInAnyOrderGoOn(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int ranks = 2 + random.nextInt(5);
    Documents documents = RowPatterns.logNormal(80, 15, 1.2, seed);
    RingProblem problem = RingProblem.of(SHAPE, documents, seed);
    for (Route route : Route.values()) {
      RingSchedule schedule =
          RingSchedule.of(Layouts.of(Layout.ZIGZAG, documents, ranks), documents, route);
      Solution expected = SteppedRing.solve(problem, schedule, ReferenceDevice::new);
      List<Solution> solutions =
          SteppedRing.solve(
              problem, schedule, () -> device("host", seed), 2, random::nextInt, true);
      for (Solution solution : solutions) {
        assertThat(solution.sameBits(expected))
            .as("seed %d\n%s", seed, schedule.describe())
            .isTrue();
      }
    }
  }

  /** Blocks that come by the link leave by copies, and the other way round. */
  @ParameterizedTest
  @CsvSource({"aabb, RING", "abab, RING", "aaab, DIRECT", "abba, DIRECT", "abc, RING"})
  void someOfAHostAndSomeNot(String hosts, Route route) {
    int ranks = hosts.length();
    Documents documents = RowPatterns.logNormal(90, 30, 1.2, 3);
    RingProblem problem = RingProblem.of(SHAPE, documents, 11);
    for (Layout kind : List.of(Layout.CONTIGUOUS, Layout.ZIGZAG)) {
      RingSchedule schedule = RingSchedule.of(Layouts.of(kind, documents, ranks), documents, route);
      Solution expected = SteppedRing.solve(problem, schedule, ReferenceDevice::new);
      List<Link> links = InProcessNetwork.create(ranks, LONG, () -> false);
      for (Solution solution :
          problem.solveByCopies(
              schedule, links, rank -> device(hosts.substring(rank, rank + 1), rank), 2)) {
        assertThat(solution.sameBits(expected)).as(schedule.describe()).isTrue();
      }
    }
  }

  @Test
  void theLinkCarriesNoticesAlone() {
    RingProblem problem = RingProblem.of(new AttentionShape(2, 2, 64), Documents.single(600), 5);
    RingSchedule schedule = schedule(problem, 3, Route.RING);
    List<Link> links = InProcessNetwork.create(3, LONG, () -> false);
    List<Long> byLink =
        Workers.run(
            links,
            link -> {
              try (RingRank own =
                  new RingRank(problem, schedule, link, device("host", link.rank()), true)) {
                own.solve(STEP);
                assertThat(own.ring().describePeers()).isEqualTo("2 of 2");
                long blocks = own.ring().counters().bytesSent();
                assertThat(blocks).isGreaterThan(100_000);
                return link.counters().bytesSent();
              }
            });
    // Two greetings, and a notice for each shipment: 2 forward and 4 backward, out and in.
    assertThat(byLink).allMatch(bytes -> bytes == 2 * 2048 + 12 * PeerNotice.BYTES);
  }

  /** A peer that never begins. */
  @Test
  void aPeerThatGoesSilent() {
    CountDownLatch failed = new CountDownLatch(2);
    List<Workers.Outcome<Solution>> outcomes =
        Workers.outcomes(
            InProcessNetwork.create(3, SHORT, () -> false),
            link -> {
              if (link.rank() == 1) {
                assertThat(failed.await(30, TimeUnit.SECONDS)).isTrue();
                return null;
              }
              try {
                return solve(link, problem(40), Route.RING);
              } finally {
                failed.countDown();
              }
            });
    assertThat(outcomes.get(2).failure())
        .isInstanceOf(LinkException.class)
        .hasMessageContaining("rank 2, peer ")
        .hasMessageContaining("notice of block ")
        .hasMessageContaining("at step 7");
    assertThat(outcomes.get(0).failure()).isInstanceOf(LinkException.class);
  }

  /** A peer that is there for one pass and then leaves, with all its memory. */
  @ParameterizedTest
  @EnumSource
  void aPeerThatLeaves(Route route) {
    List<Workers.Outcome<Solution>> outcomes =
        Workers.outcomes(
            InProcessNetwork.create(3, LONG, () -> false),
            link -> {
              RingProblem problem = problem(40);
              RingRank own =
                  new RingRank(
                      problem,
                      schedule(problem, 3, route),
                      link,
                      device("host", link.rank()),
                      true);
              try {
                own.solve(STEP);
                return link.rank() == 1 ? null : own.solve(STEP + 1);
              } finally {
                link.close();
                own.close();
              }
            });
    assertThat(outcomes.get(1).failure()).isNull();
    for (int rank : new int[] {0, 2}) {
      assertThat(outcomes.get(rank).failure())
          .isInstanceOf(LinkException.class)
          .hasMessageContaining("at step 8")
          .satisfies(e -> assertThat(((LinkException) e).reason()).isEqualTo(Reason.PEER_GONE));
    }
  }

  /** What was said to be ready, and was freed before anybody copied it. */
  @Test
  void memoryThatIsNoMore() throws InterruptedException {
    CountDownLatch freed = new CountDownLatch(1);
    CountDownLatch begun = new CountDownLatch(1);
    RingProblem problem = problem(40);
    RingSchedule schedule = schedule(problem, 2, Route.RING);
    List<Workers.Outcome<Solution>> outcomes =
        Workers.outcomes(
            InProcessNetwork.create(2, LONG, () -> false),
            link -> {
              RingRank own =
                  new RingRank(problem, schedule, link, device("host", link.rank()), true);
              try {
                RingPass pass = own.forward(STEP);
                pass.await(0);
                if (link.rank() == 1) {
                  pass.begin(0); // before anything is ready, so that nothing is copied yet
                  begun.countDown();
                  assertThat(freed.await(30, TimeUnit.SECONDS)).isTrue();
                  pass.await(1);
                  return own.solution();
                }
                assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
                pass.begin(0); // says that keys are ready
                pass.isReady(1);
                own.ring().close();
                freed.countDown();
                return null;
              } finally {
                link.close();
                own.close();
              }
            });
    assertThat(outcomes.get(1).failure())
        .isInstanceOf(LinkException.class)
        .satisfies(e -> assertThat(((LinkException) e).reason()).isEqualTo(Reason.PEER_GONE));
  }

  @Test
  void aPeerWithALongerRow() {
    List<Workers.Outcome<Solution>> outcomes =
        Workers.outcomes(
            InProcessNetwork.create(3, LONG, () -> false),
            link -> solve(link, problem(link.rank() == 1 ? 70 : 40), Route.RING));
    assertThat(outcomes)
        .allSatisfy(
            outcome ->
                assertThat(outcome.failure())
                    .isInstanceOf(LinkException.class)
                    .satisfies(
                        e ->
                            assertThat(((LinkException) e).reason())
                                .isIn(Reason.PROTOCOL, Reason.PEER_GONE)));
    assertThat(outcomes)
        .extracting(outcome -> outcome.failure().getMessage())
        .anyMatch(
            message ->
                message.contains("awaited ")
                    && message.contains("the sender sent ")
                    && message.contains(" rows of "));
  }

  private Solution solve(Link link, RingProblem problem, Route route) {
    RingRank own =
        new RingRank(problem, schedule(problem, 3, route), link, device("host", link.rank()), true);
    try {
      return own.solve(STEP);
    } finally {
      link.close();
      own.close();
    }
  }

  private static RingProblem problem(int tokens) {
    return RingProblem.of(SHAPE, Documents.single(tokens), 5);
  }

  private static RingSchedule schedule(RingProblem problem, int ranks, Route route) {
    Documents documents = problem.documents();
    return RingSchedule.of(Layouts.of(Layout.ZIGZAG, documents, ranks), documents, route);
  }

  private Device device(String host, long seed) {
    return new SharingDevice(host, seed, shownBytes);
  }
}
