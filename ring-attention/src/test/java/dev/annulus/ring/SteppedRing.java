package dev.annulus.ring;

import dev.annulus.device.Device;
import dev.annulus.link.InProcessNetwork;
import dev.annulus.link.Link;
import dev.annulus.ring.RingProblem.Solution;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;

/**
 * All ranks of a ring in one thread, each taken a step further when it can go one: as exact as a
 * ring of threads, and much faster where ranks are many and small.
 */
final class SteppedRing {
  private static final int QUESTIONS = 64;

  private SteppedRing() {}

  /** Where one rank stands: in a forward pass, then in a backward pass, and so on. */
  private static final class Cursor {
    private final RingRank rank;
    private final int passes;
    private final List<Solution> solutions = new ArrayList<>();
    private RingPass pass;
    private boolean backward;
    private int step;

    Cursor(RingRank rank, int passes) {
      this.rank = rank;
      this.passes = passes;
      this.pass = rank.forward(0);
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
        nextPass();
      }
      return true;
    }

    private void nextPass() {
      if (!backward) {
        pass = rank.backward(solutions.size());
      } else {
        solutions.add(rank.solution());
        pass = solutions.size() < passes ? rank.forward(solutions.size()) : null;
      }
      backward = !backward;
    }
  }

  /** Ranks in their order, so often as they can go on. */
  static Solution solve(RingProblem problem, RingSchedule schedule, Supplier<Device> devices) {
    return solve(problem, schedule, devices, 1).getFirst();
  }

  /** {@code passes} times in a row, giving each. */
  static List<Solution> solve(
      RingProblem problem, RingSchedule schedule, Supplier<Device> devices, int passes) {
    return solve(problem, schedule, devices, passes, count -> 0);
  }

  /**
   * @param pick of so many ranks the one that goes on as far as it can; if it cannot, the next that
   *     can
   */
  static List<Solution> solve(
      RingProblem problem,
      RingSchedule schedule,
      Supplier<Device> devices,
      int passes,
      IntUnaryOperator pick) {
    return solve(problem, schedule, devices, passes, pick, false);
  }

  /**
   * As before.
   *
   * @param peerCopies whether ranks may copy from each other
   */
  static List<Solution> solve(
      RingProblem problem,
      RingSchedule schedule,
      Supplier<Device> devices,
      int passes,
      IntUnaryOperator pick,
      boolean peerCopies) {
    List<Link> links =
        InProcessNetwork.create(schedule.ranks(), Duration.ofSeconds(1), () -> false);
    List<RingRank> ranks = new ArrayList<>();
    try {
      List<Cursor> cursors = new ArrayList<>();
      for (Link link : links) {
        ranks.add(new RingRank(problem, schedule, link, devices.get(), peerCopies));
        cursors.add(new Cursor(ranks.getLast(), passes));
      }
      while (cursors.stream().anyMatch(cursor -> !cursor.isOver())) {
        advanceOne(cursors, pick.applyAsInt(cursors.size()));
      }
      for (Link link : links) {
        ranks.get(link.rank()).checkCounters(link, passes, !peerCopies);
      }
      List<Solution> solutions = new ArrayList<>();
      for (int i = 0; i < passes; i++) {
        int pass = i;
        solutions.add(
            problem.gather(
                schedule, cursors.stream().map(cursor -> cursor.solutions.get(pass)).toList()));
      }
      return solutions;
    } finally {
      links.forEach(Link::close);
      ranks.forEach(RingRank::close);
    }
  }

  private static void advanceOne(List<Cursor> cursors, int first) {
    boolean progress = false;
    // Copies of a device may say only after some questions that they are done.
    for (int i = 0; i < QUESTIONS * cursors.size() && !progress; i++) {
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
}
