package dev.annulus.ring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.device.reference.ReferenceDevice;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.layout.SequenceLayout;
import dev.annulus.ring.RingProblem.Solution;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * All ranks of a ring in one thread, each taken a step further in whatever order: over a link that
 * buffers nothing, some rank can always go on, and the bits are always the same.
 */
final class SteppedRingTest {
  private static final AttentionShape SHAPE = new AttentionShape(2, 1, 4);

  private static Solution solve(RingProblem problem, RingSchedule schedule, IntUnaryOperator pick) {
    return SteppedRing.solve(problem, schedule, ReferenceDevice::new, 1, pick).getFirst();
  }

  @ParameterizedTest
  @EnumSource
  void someRankCanAlwaysGoOn(Layout kind) {
    for (int seed = 0; seed < 25; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      int ranks = 2 + random.nextInt(9);
      int length = 20 + random.nextInt(120);
      Documents documents =
          seed % 6 == 0
              ? Documents.single(length)
              : RowPatterns.logNormal(length, 3 + random.nextInt(20), 1.2, seed);
      SequenceLayout layout =
          seed % 5 == 4
              ? RowPatterns.layouts(documents, ranks).getLast()
              : Layouts.of(kind, documents, ranks);
      RingProblem problem = RingProblem.of(SHAPE, documents, seed);
      RingSchedule ring = RingSchedule.of(layout, documents, Route.RING);
      Solution expected = solve(problem, ring, n -> 0);
      assertThat(expected.errorAgainst(problem.reference())).isLessThan(3e-7);
      for (RingSchedule schedule : List.of(ring, ring.via(Route.DIRECT))) {
        for (IntUnaryOperator pick :
            List.<IntUnaryOperator>of(n -> 0, n -> n - 1, n -> n / 2, random::nextInt)) {
          try {
            assertThat(solve(problem, schedule, pick).sameBits(expected)).isTrue();
          } catch (AssertionError e) {
            throw new AssertionError("seed " + seed + "\n" + schedule.describe(), e);
          }
        }
      }
    }
  }
}
