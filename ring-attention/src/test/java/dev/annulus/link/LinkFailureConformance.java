package dev.annulus.link;

import static dev.annulus.link.Messages.tag;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.link.LinkConformance.Network;
import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.MessageTag.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** How every implementation of {@link Link} must fail. */
final class LinkFailureConformance {
  private static final Duration LONG = Duration.ofSeconds(30);

  private final Network network;

  private LinkFailureConformance(Network network) {
    this.network = network;
  }

  static Stream<DynamicTest> checks(Network network) {
    LinkFailureConformance checks = new LinkFailureConformance(network);
    return Stream.of(
        DynamicTest.dynamicTest("another kind is refused", checks::otherKind),
        DynamicTest.dynamicTest("another step is refused", checks::otherStep),
        DynamicTest.dynamicTest("another length is refused", checks::otherLength),
        DynamicTest.dynamicTest("silence ends at the deadline", checks::silence),
        DynamicTest.dynamicTest("a closed peer is noticed", checks::closedPeer),
        DynamicTest.dynamicTest("a sender notices a closed peer", checks::closedReceiver),
        DynamicTest.dynamicTest("cancelling ends a wait", checks::cancelled),
        DynamicTest.dynamicTest("interrupting ends a wait", checks::interrupted),
        DynamicTest.dynamicTest("wrong peers are refused", checks::wrongPeers),
        DynamicTest.dynamicTest("memory that cannot be shared is refused", checks::wrongMemory));
  }

  private void otherKind() {
    mismatch(new MessageTag(Kind.VALUES, 17, 3, 2), 64, "values of block 2 at step 17");
  }

  private void otherStep() {
    mismatch(new MessageTag(Kind.KEYS, 18, 3, 2), 64, "keys of block 2 at step 18");
  }

  private void otherLength() {
    mismatch(new MessageTag(Kind.KEYS, 17, 3, 2), 65, "65 bytes");
  }

  private void mismatch(MessageTag sent, long bytes, String inMessage) {
    List<Workers.Outcome<Long>> outcomes =
        Workers.outcomes(
            network.open(2, LONG, () -> false),
            link -> {
              try (Arena arena = Arena.ofShared()) {
                if (link.rank() == 0) {
                  return link.send(1, sent, arena.allocate(bytes)).await();
                }
                MessageTag awaited = new MessageTag(Kind.KEYS, 17, 3, 2);
                return link.receive(0, awaited, arena.allocate(64)).await();
              }
            });
    assertFailure(outcomes.get(1).failure(), Reason.PROTOCOL)
        .hasMessageContaining("rank 1, peer 0, keys of block 2 at step 17 (exchange 3)")
        .hasMessageContaining("64 bytes")
        .hasMessageContaining(inMessage);
  }

  private void silence() {
    Duration timeout = Duration.ofMillis(900);
    CountDownLatch noticed = new CountDownLatch(1);
    List<Workers.Outcome<Long>> outcomes =
        Workers.outcomes(
            network.open(2, timeout, () -> false),
            link -> {
              if (link.rank() == 0) {
                return noticed.await(30, TimeUnit.SECONDS) ? 0L : 1L;
              }
              long start = System.nanoTime();
              try (Arena arena = Arena.ofShared()) {
                assertThatThrownBy(
                        () -> link.receive(0, tag(Kind.KEYS, 9), arena.allocate(64)).await())
                    .isInstanceOf(LinkException.class)
                    .hasMessageContaining("rank 1, peer 0, keys of block 0 at step 0 (exchange 9)")
                    .hasMessageContaining("900 ms")
                    .extracting(e -> ((LinkException) e).reason())
                    .isEqualTo(Reason.TIMEOUT);
              } finally {
                noticed.countDown();
              }
              return System.nanoTime() - start;
            });
    assertThat(outcomes.get(1).failure()).isNull();
    assertThat(Duration.ofNanos(outcomes.get(1).value()))
        .isBetween(timeout, timeout.plusSeconds(5));
  }

  private void closedPeer() {
    List<Workers.Outcome<Long>> outcomes =
        Workers.outcomes(
            network.open(2, LONG, () -> false),
            link -> {
              try (Arena arena = Arena.ofShared()) {
                if (link.rank() == 0) {
                  return 0L;
                }
                return link.receive(0, tag(Kind.KEYS, 9), arena.allocate(64)).await();
              }
            });
    assertFailure(outcomes.get(1).failure(), Reason.PEER_GONE)
        .hasMessageContaining("rank 1, peer 0, keys of block 0 at step 0 (exchange 9)");
  }

  private void closedReceiver() {
    List<Workers.Outcome<Long>> outcomes =
        Workers.outcomes(
            network.open(2, LONG, () -> false),
            link -> {
              if (link.rank() == 0) {
                return 0L;
              }
              try (Arena arena = Arena.ofShared()) {
                // More than any transport buffers for a peer that reads nothing.
                return link.send(0, tag(Kind.KEYS, 9), arena.allocate(100 << 20)).await();
              }
            });
    assertFailure(outcomes.get(1).failure(), Reason.PEER_GONE).hasMessageContaining("peer 0");
  }

  private void cancelled() {
    AtomicBoolean cancelled = new AtomicBoolean();
    CountDownLatch noticed = new CountDownLatch(1);
    List<Workers.Outcome<Integer>> outcomes =
        Workers.outcomes(
            network.open(2, LONG, cancelled::get),
            link -> {
              if (link.rank() == 0) {
                cancelled.set(true);
                return noticed.await(30, TimeUnit.SECONDS) ? 0 : 1;
              }
              try (Arena arena = Arena.ofShared()) {
                assertThatThrownBy(
                        () -> link.receive(0, tag(Kind.KEYS, 9), arena.allocate(64)).await())
                    .isInstanceOf(LinkException.class)
                    .hasMessageContaining("rank 1, peer 0, keys of block 0")
                    .extracting(e -> ((LinkException) e).reason())
                    .isEqualTo(Reason.CANCELLED);
              } finally {
                noticed.countDown();
              }
              return 0;
            });
    assertThat(outcomes.get(1).failure()).isNull();
    assertThat(outcomes.get(0).value()).isZero();
  }

  private void interrupted() {
    CountDownLatch noticed = new CountDownLatch(1);
    List<Workers.Outcome<Integer>> outcomes =
        Workers.outcomes(
            network.open(2, LONG, () -> false),
            link -> {
              if (link.rank() == 0) {
                return noticed.await(30, TimeUnit.SECONDS) ? 0 : 1;
              }
              Thread.currentThread().interrupt();
              try (Arena arena = Arena.ofShared()) {
                assertThatThrownBy(
                        () -> link.receive(0, tag(Kind.KEYS, 9), arena.allocate(64)).await())
                    .isInstanceOf(LinkException.class)
                    .extracting(e -> ((LinkException) e).reason())
                    .isEqualTo(Reason.CANCELLED);
                assertThat(Thread.interrupted()).isTrue();
              } finally {
                noticed.countDown();
              }
              return 0;
            });
    assertThat(outcomes.get(1).failure()).isNull();
  }

  private void wrongPeers() {
    Workers.run(
        network.open(2, LONG, () -> false),
        link -> {
          try (Arena arena = Arena.ofShared()) {
            MemorySegment bytes = arena.allocate(8);
            for (int peer : new int[] {-1, 2, link.rank()}) {
              assertThatThrownBy(() -> link.send(peer, tag(Kind.KEYS, 1), bytes))
                  .isInstanceOf(IllegalArgumentException.class)
                  .hasMessageContaining("peer " + peer);
              assertThatThrownBy(() -> link.receive(peer, tag(Kind.KEYS, 1), bytes))
                  .isInstanceOf(IllegalArgumentException.class);
            }
          }
          return 0;
        });
  }

  private void wrongMemory() {
    Workers.run(
        network.open(2, LONG, () -> false),
        link -> {
          try (Arena confined = Arena.ofConfined()) {
            for (MemorySegment bytes :
                List.of(confined.allocate(8), MemorySegment.ofArray(new byte[8]))) {
              assertThatThrownBy(() -> link.send(1 - link.rank(), tag(Kind.KEYS, 1), bytes))
                  .isInstanceOf(IllegalArgumentException.class)
                  .hasMessageContaining("confined");
            }
          }
          return 0;
        });
  }

  private static org.assertj.core.api.AbstractThrowableAssert<?, ? extends Throwable> assertFailure(
      Throwable failure, Reason reason) {
    assertThat(failure).isInstanceOf(LinkException.class);
    assertThat(((LinkException) failure).reason()).as(failure.getMessage()).isEqualTo(reason);
    return assertThat(failure);
  }
}
