package dev.annulus.ring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.device.cuda.Gpu;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.link.InProcessNetwork;
import dev.annulus.ring.RingProblem.Solution;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rings of workers that share a GPU, in fp32, against one device in double precision. */
@Tag("gpu")
final class RingOnGpuTest {
  @BeforeEach
  void requireGpu() {
    Gpu.open().close();
  }

  @ParameterizedTest
  @CsvSource({"2, RING", "2, DIRECT", "3, RING", "4, RING", "4, DIRECT"})
  void theErrorStaysThatOfOneDevice(int ranks, Route route) {
    AttentionShape shape = new AttentionShape(4, 2, 32);
    Documents documents = RowPatterns.logNormal(259, 9, 1.2, 6);
    RingProblem problem = RingProblem.of(shape, documents, 6);
    Solution expected = problem.reference();
    for (Layout kind : Layout.values()) {
      RingSchedule schedule = RingSchedule.of(Layouts.of(kind, documents, ranks), documents, route);
      List<Solution> solutions =
          problem.solve(
              schedule,
              InProcessNetwork.create(ranks, Duration.ofSeconds(30), () -> false),
              Gpu::open,
              3);
      assertThat(solutions.getFirst().errorAgainst(expected)).as("%s", kind).isLessThan(2e-6);
      for (Solution again : solutions) {
        assertThat(again.sameBits(solutions.getFirst())).as("%s again", kind).isTrue();
      }
    }
  }
}
