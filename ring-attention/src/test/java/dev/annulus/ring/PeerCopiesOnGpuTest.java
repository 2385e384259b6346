package dev.annulus.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.device.cuda.CudaDevice;
import dev.annulus.device.cuda.Gpu;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.link.Endpoint;
import dev.annulus.link.InProcessNetwork;
import dev.annulus.link.Link;
import dev.annulus.link.LinkException;
import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.Workers;
import dev.annulus.ring.RingProblem.Solution;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Workers that share a GPU and copy blocks from each other, in one process and in two. */
@Tag("gpu")
final class PeerCopiesOnGpuTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  @BeforeEach
  void requireGpu() {
    Gpu.open().close();
  }

  @ParameterizedTest
  @CsvSource({"2, RING", "2, DIRECT", "4, RING", "4, DIRECT"})
  void theBitsAreThoseThroughTheHost(int ranks, Route route) {
    AttentionShape shape = new AttentionShape(4, 2, 32);
    Documents documents = RowPatterns.logNormal(1027, 200, 1.2, 6);
    RingProblem problem = RingProblem.of(shape, documents, 6);
    Solution exact = problem.reference();
    for (Layout kind : List.of(Layout.CONTIGUOUS, Layout.ZIGZAG)) {
      RingSchedule schedule = RingSchedule.of(Layouts.of(kind, documents, ranks), documents, route);
      Solution expected = problem.solve(schedule, links(ranks), Gpu::open, 1).getFirst();
      for (Solution solution :
          problem.solveByCopies(schedule, links(ranks), rank -> Gpu.open(), 4)) {
        assertThat(solution.sameBits(expected)).as("%s", kind).isTrue();
        assertThat(solution.errorAgainst(exact)).as("%s", kind).isLessThan(2e-6);
      }
    }
  }

  @Test
  @Timeout(value = 100, unit = TimeUnit.SECONDS)
  void twoProcesses() throws IOException, InterruptedException {
    RingProblem problem = GpuRingProcess.problem();
    try (GpuRingProcess other = GpuRingProcess.start("none");
        Endpoint endpoint = GpuRingProcess.open()) {
      Link link = other.connect(endpoint);
      for (Route route : Route.values()) {
        RingSchedule schedule = GpuRingProcess.schedule(route);
        List<Solution> throughHost =
            Workers.run(
                links(2),
                own -> {
                  try (RingRank rank = new RingRank(problem, schedule, own, Gpu.open())) {
                    return rank.solve(1);
                  }
                });
        try (RingRank own = new RingRank(problem, schedule, link, Gpu.open(), true)) {
          own.solve(0);
          assertThat(own.solve(1).sameBits(throughHost.get(0))).as("%s", route).isTrue();
          assertThat(own.ring().describePeers()).isEqualTo("1 of 1");
        }
        assertThat(other.read("bits")).isEqualTo(GpuRingProcess.digest(throughHost.get(1)));
        assertThat(other.read("peers")).isEqualTo("1 of 1");
        assertThat(problem.gather(schedule, throughHost).errorAgainst(problem.reference()))
            .isLessThan(2e-6);
      }
      assertThat(other.ended()).isTrue();
    }
  }

  /** Its memory goes with it: that ends the ring, and not the GPU of who copied from it. */
  @Test
  @Timeout(value = 100, unit = TimeUnit.SECONDS)
  void aKilledProcess() throws IOException, InterruptedException {
    RingProblem problem = GpuRingProcess.problem();
    RingSchedule schedule = GpuRingProcess.schedule(Route.RING);
    try (GpuRingProcess other = GpuRingProcess.start("RING");
        Endpoint endpoint = GpuRingProcess.open();
        CudaDevice device = Gpu.open()) {
      Link link = other.connect(endpoint);
      RingRank own = new RingRank(problem, schedule, link, device, true);
      try {
        own.solve(0);
        own.solve(1);
        other.read("bits");
        other.kill();
        assertThatThrownBy(() -> own.solve(2))
            .isInstanceOf(LinkException.class)
            .hasMessageContaining("at step 2")
            .satisfies(e -> assertThat(((LinkException) e).reason()).isEqualTo(Reason.PEER_GONE));
      } finally {
        link.close();
        own.close();
      }
    }
    Solution again = problem.solveByCopies(schedule, links(2), rank -> Gpu.open(), 1).getFirst();
    assertThat(again.errorAgainst(problem.reference())).isLessThan(2e-6);
  }

  private static List<Link> links(int ranks) {
    return InProcessNetwork.create(ranks, LONG, () -> false);
  }
}
