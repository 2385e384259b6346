package dev.annulus.ring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.ParallelSettings;
import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.layout.SequenceLayout;
import dev.annulus.link.InProcessNetwork;
import dev.annulus.link.Link;
import dev.annulus.ring.RingProblem.Solution;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
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

  /** What the tables above leave out, sampled: every shape, layout, route and size meets others. */
  @Test
  void sampledShapesLayoutsRoutesAndSizes() {
    for (int seed = 0; seed < 35; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      int kvHeads = 1 + random.nextInt(2);
      AttentionShape shape =
          new AttentionShape(
              kvHeads * new int[] {1, 2, 4}[random.nextInt(3)],
              kvHeads,
              new int[] {16, 24, 32, 64, 80, 128, 256}[seed % 7]);
      int length = 1 + random.nextInt(300);
      int ranks = 1 + seed % 8;
      List<RowPatterns.Row> rows = RowPatterns.rows(length);
      Documents documents = rows.get(random.nextInt(rows.size())).documents();
      List<SequenceLayout> layouts = RowPatterns.layouts(documents, ranks);
      SequenceLayout layout = layouts.get(random.nextInt(layouts.size()));
      RingProblem problem = RingProblem.of(shape, documents, seed);
      Solution expected = problem.reference();
      RingSchedule one =
          RingSchedule.of(RowPatterns.layouts(documents, 1).getFirst(), documents, Route.RING);
      double oneError = solve(problem, one).errorAgainst(expected);
      RingSchedule ring = RingSchedule.of(layout, documents, Route.RING);
      Solution byRing = solve(problem, ring);
      String place = "seed " + seed + ", " + shape + "\n" + ring.describe();
      assertThat(byRing.errorAgainst(expected)).as(place).isLessThan(2 * oneError + 1.2e-7);
      assertThat(byRing.lseErrorAgainst(expected)).as(place).isLessThan(4e-6);
      assertThat(solve(problem, ring.via(Route.DIRECT)).sameBits(byRing)).as(place).isTrue();
    }
  }

  private static Solution solve(RingProblem problem, RingSchedule schedule) {
    List<Link> links =
        InProcessNetwork.create(schedule.ranks(), Duration.ofSeconds(30), () -> false);
    return problem.solve(schedule, links, CpuDevice::new, 1).getFirst();
  }
}
