package dev.annulus.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.frame.Frame;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** How every {@link Endpoint} that talks to other processes must behave before there is a link. */
public final class EndpointConformance {
  private static final Duration SHORT = Duration.ofMillis(700);
  private static final Duration LONG = Duration.ofSeconds(30);

  private final Opener opener;

  private EndpointConformance(Opener opener) {
    this.opener = opener;
  }

  /** Opens an endpoint whose waits have a deadline. */
  public interface Opener {
    Endpoint open(Duration timeout);
  }

  /** All checks against one transport. */
  public static Stream<DynamicTest> checks(Opener opener) {
    EndpointConformance checks = new EndpointConformance(opener);
    return Stream.of(
        DynamicTest.dynamicTest("another run is not talked to", () -> checks.other(2, 1)),
        DynamicTest.dynamicTest("another attempt is not talked to", () -> checks.other(1, 2)),
        DynamicTest.dynamicTest("a peer that never comes", checks::neverComes),
        DynamicTest.dynamicTest("a peer of another version", checks::otherVersion),
        DynamicTest.dynamicTest("used once", checks::usedOnce),
        DynamicTest.dynamicTest("an endpoint that is not used", checks::notUsed));
  }

  /** Rank 0 is of run 1, attempt 1; rank 1 of another. */
  private void other(long runId, int epoch) throws InterruptedException {
    try (ExecutorService threads = Executors.newFixedThreadPool(1);
        Endpoint first = opener.open(SHORT);
        Endpoint second = opener.open(SHORT)) {
      List<String> addresses = List.of(first.address(), second.address());
      Future<Link> other = threads.submit(() -> first.connect(0, addresses, 1, 1, () -> false));
      assertThatThrownBy(() -> second.connect(1, addresses, runId, epoch, () -> false))
          .isInstanceOf(LinkException.class)
          .hasMessageContaining("rank 1, peer 0, hello of block")
          .satisfies(EndpointConformance::timedOutOrGone);
      assertThatThrownBy(() -> other.get(30, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOf(LinkException.class)
          .hasMessageContaining("rank 0, peer 1, hello of block")
          .satisfies(EndpointConformance::timedOutOrGone);
    }
    nextRunWorks();
  }

  private void neverComes() {
    long start = System.nanoTime();
    try (Endpoint here = opener.open(SHORT);
        Endpoint silent = opener.open(SHORT)) {
      List<String> addresses = List.of(here.address(), silent.address());
      assertThatThrownBy(() -> here.connect(0, addresses, 1, 1, () -> false))
          .isInstanceOf(LinkException.class)
          .hasMessageContaining("rank 0, peer 1, hello of block")
          .hasMessageContaining("at step 0")
          .hasMessageContaining("within 700 ms")
          .satisfies(e -> assertThat(((LinkException) e).reason()).isEqualTo(Reason.TIMEOUT));
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
    nextRunWorks();
  }

  private void otherVersion() {
    try (Endpoint here = opener.open(SHORT);
        Endpoint there = opener.open(SHORT)) {
      String newer = there.address().replaceFirst("/\\d+ ", "/9 ");
      assertThatThrownBy(() -> here.connect(0, List.of(here.address(), newer), 1, 1, () -> false))
          .isInstanceOf(LinkException.class)
          .hasMessageContaining("rank 0, peer 1")
          .hasMessageContaining("version 9, expected " + Frame.VERSION)
          .satisfies(e -> assertThat(((LinkException) e).reason()).isEqualTo(Reason.PROTOCOL));
    }
    nextRunWorks();
  }

  private void usedOnce() {
    try (Endpoint endpoint = opener.open(LONG)) {
      List<String> addresses = List.of(endpoint.address());
      Link link = endpoint.connect(0, addresses, 1, 0, () -> false);
      assertThat(link.size()).isEqualTo(1);
      assertThatThrownBy(() -> endpoint.connect(0, addresses, 1, 0, () -> false))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("was used before");
    }
  }

  private void notUsed() {
    Endpoint endpoint = opener.open(LONG);
    endpoint.close();
    endpoint.close();
    assertThatThrownBy(() -> endpoint.connect(0, List.of(endpoint.address()), 1, 0, () -> false))
        .isInstanceOf(IllegalStateException.class);
  }

  /** In the same process, after whatever failed before. */
  private void nextRunWorks() {
    List<Link> links = Connecting.all(List.of(opener.open(LONG), opener.open(LONG)), () -> false);
    Workers.run(
        links,
        link -> {
          try (Arena arena = Arena.ofShared()) {
            MemorySegment mine = arena.allocate(200_000);
            MemorySegment theirs = arena.allocate(200_000);
            Messages.fill(mine, link.rank());
            Messages.exchange(link, 1 - link.rank(), 0, mine, theirs);
            Messages.check(theirs, 1 - link.rank());
          }
          return 0;
        });
  }

  private static void timedOutOrGone(Throwable failure) {
    assertThat(((LinkException) failure).reason()).isIn(Reason.TIMEOUT, Reason.PEER_GONE);
  }
}
