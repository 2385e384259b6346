package dev.annulus.ring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.device.reference.ReferenceDevice;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.link.InProcessNetwork;
import dev.annulus.link.Link;
import dev.annulus.link.LinkException;
import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.Workers;
import dev.annulus.link.aeron.AeronNetworks;
import dev.annulus.link.tcp.TcpNetworks;
import dev.annulus.ring.RingProblem.Solution;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A ring with a peer that does not do its part: one error within the deadline, which says who, whom
 * and what; no memory stays behind, and the next ring of the same process works.
 */
final class RingFailureTest {
  private static final Duration DEADLINE = Duration.ofMillis(1200);
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final AttentionShape SHAPE = new AttentionShape(2, 1, 4);
  private static final int RANKS = 3;
  private static final long STEP = 7;

  private static AeronNetworks.Held driver;

  private final AtomicLong held = new AtomicLong();

  /** What carries the messages. */
  enum Network {
    MEMORY,
    SHARED_MEMORY,
    UDP,
    TCP;

    List<Link> open(Duration timeout) {
      return switch (this) {
        case MEMORY -> InProcessNetwork.create(RANKS, timeout, () -> false);
        case SHARED_MEMORY -> AeronNetworks.ipc(RANKS, timeout, () -> false);
        case UDP -> AeronNetworks.udp(RANKS, timeout, () -> false);
        case TCP -> TcpNetworks.single(RANKS, timeout, () -> false);
      };
    }
  }

  @BeforeAll
  static void start() {
    driver = AeronNetworks.holdDriver();
  }

  @AfterAll
  static void stop() {
    driver.close();
  }

  @ParameterizedTest
  @EnumSource
  void aPeerThatGoesSilent(Network network) {
    CountDownLatch failed = new CountDownLatch(RANKS - 1);
    Duration[] waited = new Duration[RANKS];
    List<Workers.Outcome<Solution>> outcomes =
        Workers.outcomes(
            network.open(DEADLINE),
            link -> {
              if (link.rank() == 1) {
                assertThat(failed.await(30, TimeUnit.SECONDS)).isTrue();
                return null;
              }
              long start = System.nanoTime();
              try {
                return solve(link, problem());
              } finally {
                waited[link.rank()] = Duration.ofNanos(System.nanoTime() - start);
                failed.countDown();
              }
            });
    assertThat(outcomes.get(1).failure()).isNull();
    assertThat(outcomes.get(0).failure())
        .isInstanceOf(LinkException.class)
        .hasMessageContaining("rank 0, peer")
        .hasMessageContaining("at step 7");
    assertThat(outcomes.get(2).failure())
        .isInstanceOf(LinkException.class)
        .hasMessageContaining("rank 2, peer 1, keys of block 1 at step 7")
        .hasMessageContaining("the peer sent no message of")
        .hasMessageContaining("within 1200 ms");
    assertThat(waited[2]).isBetween(DEADLINE.minusMillis(50), DEADLINE.plusSeconds(5));
    assertThat(waited[0]).isLessThan(DEADLINE.plusSeconds(5));
    nothingIsHeldAndTheNextRunWorks(network);
  }

  @ParameterizedTest
  @EnumSource
  void aPeerWithAnotherShape(Network network) {
    AttentionShape other = new AttentionShape(2, 1, 8);
    mismatch(
        network, rank -> rank == 1 ? RingProblem.of(other, Documents.single(40), 5) : problem());
  }

  @ParameterizedTest
  @EnumSource
  void aPeerWithALongerRow(Network network) {
    mismatch(
        network, rank -> rank == 1 ? RingProblem.of(SHAPE, Documents.single(70), 5) : problem());
  }

  private void mismatch(Network network, IntFunction<RingProblem> problems) {
    long start = System.nanoTime();
    List<Workers.Outcome<Solution>> outcomes =
        Workers.outcomes(network.open(LONG), link -> solve(link, problems.apply(link.rank())));
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(LONG);
    for (int rank = 0; rank < RANKS; rank++) {
      assertThat(outcomes.get(rank).failure())
          .isInstanceOf(LinkException.class)
          .hasMessageContaining("rank " + rank + ", peer ")
          .hasMessageContaining("at step 7")
          .satisfies(
              failure ->
                  assertThat(((LinkException) failure).reason())
                      .as(failure.getMessage())
                      .isIn(Reason.PROTOCOL, Reason.PEER_GONE));
    }
    // Whoever is first to notice tells what differs; by then others may only see that he left.
    assertThat(outcomes)
        .extracting(outcome -> outcome.failure().getMessage())
        .anyMatch(
            message ->
                message.contains("awaited ")
                    && message.contains("bytes, the sender sent")
                    && message.contains(" of block "));
    nothingIsHeldAndTheNextRunWorks(network);
  }

  private static RingProblem problem() {
    return RingProblem.of(SHAPE, Documents.single(40), 5);
  }

  /** The link goes before the ring's memory, as it must after a failure. */
  private Solution solve(Link link, RingProblem problem) {
    RingSchedule schedule =
        RingSchedule.of(
            Layouts.of(Layout.ZIGZAG, problem.documents(), RANKS), problem.documents(), Route.RING);
    RingRank own = new RingRank(problem, schedule, link, new CountedDevice(held));
    try {
      assertThat(held.get()).isPositive();
      return own.solve(STEP);
    } finally {
      link.close();
      own.close();
    }
  }

  private void nothingIsHeldAndTheNextRunWorks(Network network) {
    assertThat(held.get()).as("bytes still held").isZero();
    Documents documents = Documents.single(40);
    RingProblem problem = RingProblem.of(SHAPE, documents, 3);
    RingSchedule schedule =
        RingSchedule.of(Layouts.of(Layout.ZIGZAG, documents, RANKS), documents, Route.RING);
    Solution expected = SteppedRing.solve(problem, schedule, ReferenceDevice::new);
    Solution next =
        problem.solve(schedule, network.open(LONG), () -> new CountedDevice(held), 1).getFirst();
    assertThat(next.sameBits(expected)).isTrue();
    assertThat(held.get()).as("bytes still held").isZero();
  }
}
