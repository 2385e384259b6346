package dev.annulus.spark.doctor.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.config.TransportSettings;
import dev.annulus.link.Endpoint;
import dev.annulus.link.InProcessEndpoint;
import dev.annulus.link.Link;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

final class PairMeetingsTest {
  /** Networks of one process that are not taken by all stay: each test has its own. */
  private static final AtomicLong RUN = new AtomicLong(1 << 20);

  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  @Test
  void allPairsAreMeasuredBothWays() throws Exception {
    List<List<PairFinding>> found = run(5, rank -> InProcessEndpoint.open(TIMEOUT));
    for (int rank = 0; rank < 5; rank++) {
      int own = rank;
      List<PairFinding> of = found.get(rank);
      assertThat(of).hasSize(5); // four pairs and the ring
      assertThat(of).allMatch(pair -> pair.rank() == own && !pair.isDead());
      assertThat(of).allMatch(pair -> pair.bytesPerSecond() > 0 && pair.sentAgain() == 0);
      assertThat(of.subList(0, 4).stream().map(PairFinding::peer).distinct()).hasSize(4);
      assertThat(of.getLast().peer()).isEqualTo((rank + 4) % 5);
    }
  }

  /** Rank 2 hears nobody but rank 3: its other pairs are dead, and all others are as they were. */
  @Test
  void aDeadPairHoldsUpNobodyElse() throws Exception {
    List<List<PairFinding>> found =
        run(
            4,
            rank ->
                rank == 2
                    ? new DeafEndpoint(InProcessEndpoint.open(TIMEOUT), "3")
                    : InProcessEndpoint.open(TIMEOUT));
    for (int rank = 0; rank < 4; rank++) {
      for (PairFinding pair : found.get(rank).subList(0, 3)) {
        boolean expected =
            (pair.rank() == 2 || pair.peer() == 2) && pair.rank() != 3 && pair.peer() != 3;
        assertThat(pair.isDead()).as("%s", pair).isEqualTo(expected);
      }
    }
    assertThat(found.get(2).getFirst().failure() + found.get(2).get(1).failure())
        .contains("hears nobody");
  }

  @Test
  void aTransportThatDoesNotStartIsTold() throws Exception {
    List<List<PairFinding>> found =
        run(
            2,
            rank -> {
              if (rank == 1) {
                throw new IllegalStateException("no room");
              }
              return InProcessEndpoint.open(TIMEOUT);
            });
    assertThat(found.get(0).getFirst().failure())
        .isEqualTo("the transport does not start at rank 1");
    assertThat(found.get(1).getFirst().failure()).contains("on this side: no room");
  }

  /** Pairs of all rounds, then the ring where there are more than two. */
  private static List<List<PairFinding>> run(int world, IntFunction<Endpoint> endpoints)
      throws Exception {
    long runId = RUN.addAndGet(1 << 20);
    String[] said = new String[world];
    CyclicBarrier barrier = new CyclicBarrier(world);
    try (ExecutorService threads = Executors.newFixedThreadPool(world)) {
      List<Future<List<PairFinding>>> futures = new ArrayList<>();
      for (int rank = 0; rank < world; rank++) {
        int own = rank;
        Gathering gathering =
            text -> {
              try {
                said[own] = text;
                barrier.await(20, TimeUnit.SECONDS);
                List<String> all = new ArrayList<>(Arrays.asList(said));
                barrier.await(20, TimeUnit.SECONDS);
                return all;
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            };
        futures.add(
            threads.submit(
                () -> {
                  PairMeetings meetings =
                      new PairMeetings(
                          own,
                          world,
                          runId,
                          TransportSettings.Kind.IN_PROCESS,
                          gathering,
                          () -> endpoints.apply(own),
                          () -> false);
                  List<PairFinding> findings =
                      new ArrayList<>(meetings.pairs(Tournament.rounds(world), 30));
                  if (world > 2) {
                    findings.add(meetings.ring(99, 30));
                  }
                  return findings;
                }));
      }
      List<List<PairFinding>> found = new ArrayList<>();
      for (Future<List<PairFinding>> future : futures) {
        found.add(future.get(60, TimeUnit.SECONDS));
      }
      threads.shutdownNow();
      return found;
    }
  }

  /** Cannot connect in a network of two, unless it comes first: then the peer is of higher rank. */
  private record DeafEndpoint(Endpoint endpoint, String only) implements Endpoint {
    @Override
    public String address() {
      return endpoint.address();
    }

    @Override
    public Link connect(
        int rank, List<String> addresses, long runId, int epoch, BooleanSupplier cancelled) {
      if (rank != 0) {
        throw new IllegalStateException("hears nobody but rank " + only);
      }
      return endpoint.connect(rank, addresses, runId, epoch, cancelled);
    }

    @Override
    public void close() {
      endpoint.close();
    }
  }
}
