package dev.annulus.link;

import static dev.annulus.link.Messages.check;
import static dev.annulus.link.Messages.exchange;
import static dev.annulus.link.Messages.fill;
import static dev.annulus.link.Messages.tag;
import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.link.MessageTag.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** What every implementation of {@link Link} must do. */
public final class LinkConformance {
  private static final Duration LONG = Duration.ofSeconds(30);

  private final Network network;

  private LinkConformance(Network network) {
    this.network = network;
  }

  /** Opens connected links, one a rank. */
  public interface Network {
    List<Link> open(int size, Duration timeout, BooleanSupplier cancelled);
  }

  /** All checks against one implementation. */
  public static Stream<DynamicTest> checks(Network network) {
    LinkConformance checks = new LinkConformance(network);
    Stream<DynamicTest> messages =
        Stream.of(
            DynamicTest.dynamicTest("messages arrive whole and in order", checks::order),
            DynamicTest.dynamicTest("messages of any size", checks::sizes),
            DynamicTest.dynamicTest("all pairs, both directions, at once", checks::allPairs),
            DynamicTest.dynamicTest("a receiver may be late or early", checks::lateAndEarly),
            DynamicTest.dynamicTest(
                "what was sent before closing arrives", checks::sentBeforeClose),
            DynamicTest.dynamicTest("counters", checks::counters),
            DynamicTest.dynamicTest("a group is a network of its own", checks::group),
            DynamicTest.dynamicTest("networks come and go in one process", checks::again));
    return Stream.concat(messages, LinkFailureConformance.checks(network));
  }

  private void order() {
    int messages = 300;
    Workers.run(
        network.open(2, LONG, () -> false),
        link -> {
          try (Arena arena = Arena.ofShared()) {
            List<Transfer> transfers = new ArrayList<>();
            List<MemorySegment> buffers = new ArrayList<>();
            for (int i = 0; i < messages; i++) {
              MemorySegment bytes = arena.allocate(1 + i * 37L);
              buffers.add(bytes);
              if (link.rank() == 0) {
                fill(bytes, i);
                transfers.add(link.send(1, tag(Kind.KEYS, i), bytes));
              } else {
                transfers.add(link.receive(0, tag(Kind.KEYS, i), bytes));
              }
            }
            for (int i = 0; i < messages; i++) {
              transfers.get(i).await();
              assertThat(transfers.get(i).isDone()).isTrue();
              check(buffers.get(i), i);
            }
          }
          return 0;
        });
  }

  private void sizes() {
    long[] sizes = {0, 1, 3, 63, 64, 1400, 8100, 8192, 65536, 65537, 1 << 20, (5 << 20) + 13};
    Workers.run(
        network.open(2, LONG, () -> false),
        link -> {
          try (Arena arena = Arena.ofShared()) {
            for (int i = 0; i < sizes.length; i++) {
              MemorySegment mine = arena.allocate(sizes[i]);
              MemorySegment theirs = arena.allocate(sizes[i]);
              fill(mine, i + 1000 * link.rank());
              exchange(link, 1 - link.rank(), i, mine, theirs);
              check(theirs, i + 1000 * (1 - link.rank()));
            }
          }
          return 0;
        });
  }

  private void allPairs() {
    int size = 4;
    int rounds = 30;
    long seed = 71;
    Workers.run(
        network.open(size, LONG, () -> false),
        link -> {
          RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
          try (Arena arena = Arena.ofShared()) {
            for (int round = 0; round < rounds; round++) {
              long bytes = random.nextLong(200_000);
              List<Transfer> transfers = new ArrayList<>();
              List<MemorySegment> received = new ArrayList<>();
              for (int peer = 0; peer < size; peer++) {
                MemorySegment out = arena.allocate(bytes);
                MemorySegment in = arena.allocate(bytes);
                received.add(in);
                if (peer != link.rank()) {
                  fill(out, 100 * round + 10 * link.rank() + peer);
                  transfers.add(link.send(peer, tag(Kind.VALUES, round), out));
                  transfers.add(link.receive(peer, tag(Kind.VALUES, round), in));
                }
              }
              for (Transfer transfer : transfers) {
                transfer.await();
              }
              for (int peer = 0; peer < size; peer++) {
                if (peer != link.rank()) {
                  check(received.get(peer), 100 * round + 10 * peer + link.rank());
                }
              }
            }
          }
          return 0;
        });
  }

  private void lateAndEarly() {
    CountDownLatch sent = new CountDownLatch(1);
    CountDownLatch posted = new CountDownLatch(1);
    Workers.run(
        network.open(2, LONG, () -> false),
        link -> {
          try (Arena arena = Arena.ofShared()) {
            MemorySegment first = arena.allocate(100_000);
            MemorySegment second = arena.allocate(100_000);
            if (link.rank() == 0) {
              fill(first, 1);
              fill(second, 2);
              Transfer early = link.send(1, tag(Kind.KEYS, 1), first);
              sent.countDown();
              posted.await();
              Transfer late = link.send(1, tag(Kind.KEYS, 2), second);
              early.await();
              late.await();
            } else {
              sent.await();
              Transfer a = link.receive(0, tag(Kind.KEYS, 1), first);
              Transfer b = link.receive(0, tag(Kind.KEYS, 2), second);
              posted.countDown();
              a.await();
              b.await();
              check(first, 1);
              check(second, 2);
            }
          }
          return 0;
        });
  }

  private void sentBeforeClose() {
    Workers.run(
        network.open(2, LONG, () -> false),
        link -> {
          try (Arena arena = Arena.ofShared()) {
            MemorySegment bytes = arena.allocate(300_000);
            if (link.rank() == 0) {
              fill(bytes, 5);
              return link.send(1, tag(Kind.KEYS, 9), bytes).await();
            }
            link.receive(0, tag(Kind.KEYS, 9), bytes).await();
            check(bytes, 5);
            return 0L;
          }
        });
  }

  private void counters() {
    List<LinkCounters> counters =
        Workers.run(
            network.open(3, LONG, () -> false),
            link -> {
              try (Arena arena = Arena.ofShared()) {
                int next = (link.rank() + 1) % 3;
                int previous = (link.rank() + 2) % 3;
                Transfer sending = link.send(next, tag(Kind.KEYS, 1), arena.allocate(1000));
                Transfer empty = link.send(next, tag(Kind.KEYS, 2), arena.allocate(0));
                link.receive(previous, tag(Kind.KEYS, 1), arena.allocate(1000)).await();
                link.receive(previous, tag(Kind.KEYS, 2), arena.allocate(0)).await();
                sending.await();
                empty.await();
                return link.counters();
              }
            });
    assertThat(counters).allMatch(count -> count.equals(new LinkCounters(1000, 1000, 2)));
  }

  private void group() {
    Workers.run(
        network.open(4, LONG, () -> false),
        world -> {
          int first = world.rank() / 2 * 2;
          try (Link pair = Links.group(world, first, 2);
              Arena arena = Arena.ofShared()) {
            assertThat(pair.size()).isEqualTo(2);
            assertThat(pair.rank()).isEqualTo(world.rank() - first);
            MemorySegment mine = arena.allocate(5000);
            MemorySegment theirs = arena.allocate(5000);
            fill(mine, world.rank());
            exchange(pair, 1 - pair.rank(), 0, mine, theirs);
            check(theirs, first + 1 - pair.rank());
            // Across groups, over the world, behind what went through the group.
            int other = (world.rank() + 2) % 4;
            exchange(world, other, 1, mine, theirs);
            check(theirs, other);
          }
          return 0;
        });
  }

  private void again() {
    for (int i = 0; i < 3; i++) {
      List<Link> one = network.open(2, LONG, () -> false);
      List<Link> two = network.open(2, LONG, () -> false);
      swap(one);
      swap(two);
    }
  }

  private static void swap(List<Link> links) {
    Workers.run(
        links,
        link -> {
          try (Arena arena = Arena.ofShared()) {
            MemorySegment mine = arena.allocate(50_000);
            MemorySegment theirs = arena.allocate(50_000);
            fill(mine, link.rank());
            exchange(link, 1 - link.rank(), 0, mine, theirs);
            check(theirs, 1 - link.rank());
          }
          return 0;
        });
  }
}
