package dev.annulus.ring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.device.reference.ReferenceDevice;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.layout.SequenceLayout;
import dev.annulus.link.InProcessNetwork;
import dev.annulus.link.Link;
import dev.annulus.ring.RingProblem.Solution;
import java.time.Duration;
import java.util.ArrayList;
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

  /** Where one rank stands: in its forward pass, then in its backward pass. */
  private static final class Cursor {
    private final RingRank rank;
    private RingPass pass;
    private boolean backward;
    private int step;

    Cursor(RingRank rank) {
      this.rank = rank;
      this.pass = rank.forward(1);
    }

    boolean isOver() {
      return pass == null;
    }

    /** Whether it could go a step. */
    boolean advance() {
      if (isOver() || !pass.isReady(step)) {
        return false;
      }
      pass.begin(step);
      pass.compute(step);
      step++;
      if (step == pass.steps()) {
        step = 0;
        pass = backward ? null : rank.backward(1);
        backward = true;
      }
      return true;
    }
  }

  private static Solution solve(RingProblem problem, RingSchedule schedule, IntUnaryOperator pick) {
    List<Link> links =
        InProcessNetwork.create(schedule.ranks(), Duration.ofSeconds(1), () -> false);
    List<RingRank> ranks = new ArrayList<>();
    try {
      List<Cursor> cursors = new ArrayList<>();
      for (Link link : links) {
        ranks.add(new RingRank(problem, schedule, link, new ReferenceDevice()));
        cursors.add(new Cursor(ranks.getLast()));
      }
      while (cursors.stream().anyMatch(cursor -> !cursor.isOver())) {
        // The one that is picked goes as far as it can; if it cannot, the next that can.
        int first = pick.applyAsInt(cursors.size());
        boolean progress = false;
        for (int i = 0; i < cursors.size() && !progress; i++) {
          Cursor cursor = cursors.get((first + i) % cursors.size());
          while (cursor.advance()) {
            progress = true;
          }
        }
        if (!progress) {
          List<Integer> places = cursors.stream().map(cursor -> cursor.step).toList();
          throw new AssertionError("no rank can go on, steps " + places);
        }
      }
      return problem.gather(schedule, ranks.stream().map(RingRank::solution).toList());
    } finally {
      links.forEach(Link::close);
      ranks.forEach(RingRank::close);
    }
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
