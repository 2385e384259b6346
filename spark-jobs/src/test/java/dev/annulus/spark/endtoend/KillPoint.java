package dev.annulus.spark.endtoend;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** When a run is killed. */
sealed interface KillPoint {
  /**
   * Somewhere in the steps.
   *
   * @param steps that are logged by then
   * @param later how long after that
   */
  record AfterSteps(int steps, Duration later) implements KillPoint {}

  /**
   * While a checkpoint is being written: some of its files are there and its manifest is not.
   *
   * @param steps that are logged by then; the next checkpoint is the one
   */
  record WhileWriting(int steps) implements KillPoint {}

  /** So long after the process started, whatever it is doing. */
  record AfterStart(Duration later) implements KillPoint {}

  /**
   * Five points that lie in the first four fifths of a run, two of them while a checkpoint is being
   * written.
   */
  static List<KillPoint> five(Random random, int steps) {
    int notWriting = random.nextInt(5);
    List<KillPoint> points = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      int step = (int) ((i + random.nextDouble()) / 5 * (steps * 0.8));
      // Two of the four others, every second of them.
      boolean writing = Math.floorMod(i - notWriting, 5) % 2 == 1;
      points.add(
          writing
              ? new WhileWriting(step)
              : new AfterSteps(step, Duration.ofMillis(random.nextInt(60))));
    }
    return points;
  }

  /** The same, and one before them at any moment of the first start. */
  static List<KillPoint> six(Random random, int steps) {
    List<KillPoint> points = new ArrayList<>();
    points.add(new AfterStart(Duration.ofMillis(random.nextInt(8000))));
    points.addAll(five(random, steps));
    return points;
  }
}
