package dev.annulus.ring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.ParallelSettings;
import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.layout.Layouts;
import dev.annulus.link.InProcessNetwork;
import dev.annulus.ring.RingProblem.Solution;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rings of the fast fp32 kernels against one device in double precision. */
final class RingOnCpuTest {
  @ParameterizedTest
  @CsvSource({"37,4,2,16", "100,2,1,32", "259,4,4,24"})
  void theErrorStaysThatOfOneDevice(int length, int queryHeads, int kvHeads, int headDim) {
    AttentionShape shape = new AttentionShape(queryHeads, kvHeads, headDim);
    for (RowPatterns.Row row : RowPatterns.rows(length)) {
      RingProblem problem = RingProblem.of(shape, row.documents(), length);
      Solution expected = problem.reference();
      for (ParallelSettings.Layout kind : ParallelSettings.Layout.values()) {
        double one = 0;
        for (int ranks : new int[] {1, 2, 3, 4, 8}) {
          RingSchedule schedule =
              RingSchedule.of(
                  Layouts.of(kind, row.documents(), ranks), row.documents(), Route.RING);
          Solution solution =
              problem
                  .solve(
                      schedule,
                      InProcessNetwork.create(ranks, Duration.ofSeconds(30), () -> false),
                      CpuDevice::new,
                      2)
                  .getLast();
          double error = solution.errorAgainst(expected);
          one = ranks == 1 ? error : one;
          String place = row.name() + ", seed " + length + "\n" + schedule.describe();
          assertThat(error).as(place).isLessThan(2 * one + 1.2e-7).isLessThan(2e-6);
          assertThat(solution.lseErrorAgainst(expected)).as(place).isLessThan(4e-6);
        }
      }
    }
  }
}
