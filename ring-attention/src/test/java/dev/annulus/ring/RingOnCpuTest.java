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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
          Solution solution = SteppedRing.solve(problem, schedule, CpuDevice::new, 2).getLast();
          double error = solution.errorAgainst(expected);
          one = ranks == 1 ? error : one;
          String place = row.name() + ", seed " + length + "\n" + schedule.describe();
          assertThat(error).as(place).isLessThan(2 * one + 1.2e-7).isLessThan(2e-6);
          assertThat(solution.lseErrorAgainst(expected)).as(place).isLessThan(4e-6);
        }
      }
    }
  }

  /**
   * Every two of layout, ring size, documents, heads and head dim meet, each over both routes: the
   * error stays that of one device, whatever the ring.
   */
  @Test
  void everyTwoOfLayoutSizeDocumentsHeadsAndDimension() {
    List<ParallelSettings.Layout> kinds = List.of(ParallelSettings.Layout.values());
    List<int[]> cases = Pairwise.cover(1, 4, 8, RowPatterns.rows(2).size(), 4, 7);
    for (int index = 0; index < cases.size(); index++) {
      int[] levels = cases.get(index);
      int headDim = new int[] {16, 24, 32, 64, 80, 128, 256}[levels[4]];
      int groupSize = 1 << levels[3];
      int kvHeads = groupSize > 2 || headDim > 64 ? 1 : 2;
      AttentionShape shape = new AttentionShape(kvHeads * groupSize, kvHeads, headDim);
      // Long ones where they cost little: tiles that are full.
      int length = 30 + 7 * (index % 12) + (shape.queryColumns() <= 128 ? 150 : 0);
      Documents documents = RowPatterns.rows(length).get(levels[2]).documents();
      int ranks = levels[1] + 1;
      SequenceLayout layout = Layouts.of(kinds.get(levels[0]), documents, ranks);
      RingProblem problem = RingProblem.of(shape, documents, index);
      Solution expected = problem.reference();
      RingSchedule one =
          RingSchedule.of(RowPatterns.layouts(documents, 1).getFirst(), documents, Route.RING);
      double oneError = SteppedRing.solve(problem, one, CpuDevice::new).errorAgainst(expected);
      RingSchedule ring = RingSchedule.of(layout, documents, Route.RING);
      Solution byRing = SteppedRing.solve(problem, ring, CpuDevice::new);
      String place = "seed " + index + ", " + shape + "\n" + ring.describe();
      assertThat(byRing.errorAgainst(expected)).as(place).isLessThan(2 * oneError + 1.2e-7);
      assertThat(byRing.lseErrorAgainst(expected)).as(place).isLessThan(4e-6);
      Solution byOwner = SteppedRing.solve(problem, ring.via(Route.DIRECT), CpuDevice::new);
      assertThat(byOwner.sameBits(byRing)).as(place).isTrue();
    }
  }

  /** On threads, which wait for each other. */
  @ParameterizedTest
  @ValueSource(ints = {2, 5, 8})
  void ranksOnThreadsGiveTheSameBits(int ranks) {
    AttentionShape shape = new AttentionShape(4, 2, 32);
    Documents documents = RowPatterns.logNormal(240, 50, 1.2, ranks);
    RingProblem problem = RingProblem.of(shape, documents, ranks);
    for (ParallelSettings.Layout kind : ParallelSettings.Layout.values()) {
      for (Route route : Route.values()) {
        RingSchedule schedule =
            RingSchedule.of(Layouts.of(kind, documents, ranks), documents, route);
        Solution expected = SteppedRing.solve(problem, schedule, CpuDevice::new);
        List<Link> links = InProcessNetwork.create(ranks, Duration.ofSeconds(30), () -> false);
        for (Solution solution : problem.solve(schedule, links, CpuDevice::new, 2)) {
          assertThat(solution.sameBits(expected)).as(schedule.describe()).isTrue();
        }
      }
    }
  }
}
