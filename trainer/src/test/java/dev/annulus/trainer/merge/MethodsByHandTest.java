package dev.annulus.trainer.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.config.MergePrecision;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Methods that work element by element, on numbers that can be checked by eye. */
final class MethodsByHandTest {
  /** The merged task vector of a few task vectors, before scaling. */
  private static double[] merged(MergeMethod method, double[] base, double[]... deltas) {
    try (Arena arena = Arena.ofConfined()) {
      List<RunningTensor> running = new ArrayList<>();
      for (int slot = 0; slot < method.slots().size(); slot++) {
        running.add(new RunningTensor(arena, MergePrecision.FLOAT64, base.length));
      }
      for (int i = 0; i < deltas.length; i++) {
        method.fold(
            new Fold(
                MergeTensor.of("norm.weight", List.of((long) base.length)),
                new ArrayElements(base),
                new ArrayElements(deltas[i]),
                running,
                MergePrecision.FLOAT64,
                i));
      }
      return ArrayElements.of(new MergedVector(method, running));
    }
  }

  @Test
  void magMaxTakesTheLargestChangeAndOfEqualOnesTheLast() {
    assertThat(
            merged(
                new MagMax(0.5),
                new double[4],
                new double[] {1, -2, 3, 0},
                new double[] {-1, 1, -4, 0}))
        .containsExactly(-1, -2, -4, 0);
  }

  @Test
  void tiesTrimsElectsAndAverages() {
    // Half of four elements are kept: {5, -3}, {4, 2}, {-2, -3}.
    assertThat(
            merged(
                new Ties(0.5, 1),
                new double[4],
                new double[] {5, 1, -3, 0},
                new double[] {4, 2, 1, 0},
                new double[] {-2, 1, -3, 1}))
        .containsExactly(4.5, 2, -3, 0);
  }

  @Test
  void tiesCountsZeroAsPositiveAndKeepsTheFirstOfEqualOnes() {
    assertThat(merged(new Ties(0.5, 1), new double[2], new double[] {2, 2}, new double[] {-2, 1}))
        .containsExactly(2, 0);
  }

  @Test
  void tiesIsTheFormulaOverAllModelsAtOnce() {
    SplittableRandom random = new SplittableRandom(5);
    double[][] deltas = new double[5][];
    for (int m = 0; m < 5; m++) {
      deltas[m] = ArrayElements.random(random, 200).values();
    }
    double[] found = merged(new Ties(0.3, 1), new double[200], deltas);
    for (int i = 0; i < 200; i++) {
      List<Double> kept = new ArrayList<>();
      for (double[] delta : deltas) {
        double[] sizes = Arrays.stream(delta).map(Math::abs).sorted().toArray();
        if (Math.abs(delta[i]) >= sizes[140]) {
          kept.add(delta[i]);
        }
      }
      double sign = kept.stream().mapToDouble(v -> v).sum() >= 0 ? 1 : -1;
      double expected =
          kept.stream().filter(v -> v * sign > 0).mapToDouble(v -> v).average().orElse(0);
      assertThat(found[i]).isCloseTo(expected, within(1e-14));
    }
  }

  @Test
  void slerpWalksTheCircle() {
    double[] base = {0.5, -0.25};
    // The models are the axes.
    double[] first = {0.5, 0.25};
    double[] second = {-0.5, 1.25};
    double half = Math.sqrt(0.5);
    assertThat(merged(new Slerp(0.5), base, first, second))
        .containsExactly(new double[] {half - 0.5, half + 0.25}, within(1e-15));
    assertThat(merged(new Slerp(0), base, first, second)).containsExactly(first, within(1e-15));
    assertThat(merged(new Slerp(1), base, first, second)).containsExactly(second, within(1e-15));
  }

  @Test
  void slerpOfModelsThatPointTheSameWayIsALine() {
    assertThat(
            merged(new Slerp(0.25), new double[] {1, 1}, new double[] {1, 1}, new double[] {3, 3}))
        .containsExactly(new double[] {1.5, 1.5}, within(1e-15));
    assertThat(
            merged(new Slerp(0.5), new double[] {1, 0}, new double[] {-1, 0}, new double[] {1, 0}))
        .as("one of them is zero")
        .containsExactly(new double[] {0, 0}, within(1e-15));
  }

  @Test
  void theThresholdIsThatOfASortedList() {
    SplittableRandom random = new SplittableRandom(9);
    for (int trial = 0; trial < 50; trial++) {
      int size = 1 + random.nextInt(300);
      double[] values = new double[size];
      for (int i = 0; i < size; i++) {
        // Few different values, so that many are equal.
        values[i] = random.nextInt(7) - 3;
      }
      int keep = 1 + random.nextInt(size);
      MagnitudeThreshold found = MagnitudeThreshold.of(new ArrayElements(values), keep);
      double[] sizes = Arrays.stream(values).map(Math::abs).sorted().toArray();
      assertThat(found.threshold()).isEqualTo(sizes[size - keep]);
      long larger = Arrays.stream(sizes).filter(v -> v > found.threshold()).count();
      assertThat(found.ofEqual()).isEqualTo(keep - larger);
    }
  }
}
