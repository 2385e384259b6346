package dev.annulus.trainer.merge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.config.MergePrecision;
import dev.annulus.trainer.model.TinyModels;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The methods that decompose against their formulas, on random matrices, and their laws. */
final class DirectionsTest {
  private static final long SEED = 20260701;

  private final SplittableRandom random = new SplittableRandom(SEED);

  static Stream<Arguments> cases() {
    List<Arguments> cases = new ArrayList<>();
    for (MergePrecision precision : MergePrecision.values()) {
      for (int[] shape : new int[][] {{1, 1}, {5, 5}, {24, 24}, {40, 9}, {9, 40}, {1, 7}, {7, 1}}) {
        for (double alpha : new double[] {0, 0.3, 0.5, 0.8, 0.99, 1}) {
          cases.add(Arguments.of(precision, shape[0], shape[1], alpha));
        }
      }
    }
    return cases.stream();
  }

  private static double budget(MergePrecision precision) {
    return precision == MergePrecision.FLOAT32 ? 1e-6 : 1e-12;
  }

  private static MergeTensor matrix(int rows, int columns) {
    return MergeTensor.of("q_proj.weight", List.of((long) rows, (long) columns));
  }

  /** What the method adds to the running matrix, from the numbers that it really holds. */
  private static double[] added(
      MergeMethod method,
      MergePrecision precision,
      MergeTensor tensor,
      double[] sum,
      double[] delta) {
    try (Arena arena = Arena.ofConfined()) {
      RunningTensor running = new ArrayElements(sum).running(arena, precision);
      method.fold(
          new Fold(
              tensor,
              new ArrayElements(new double[sum.length]),
              new ArrayElements(delta),
              List.of(running),
              precision,
              1));
      double[] added = ArrayElements.of(running);
      for (int i = 0; i < added.length; i++) {
        added[i] -= sum[i];
      }
      return added;
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void opcmIsItsFormulaAndOrthogonalToWhatIsThere(
      MergePrecision precision, int rows, int columns, double alpha) {
    double[] sum = ArrayElements.random(random, rows * columns).values();
    double[] delta = ArrayElements.random(random, rows * columns).values();
    double[] added =
        added(new OrthogonalProjection(alpha), precision, matrix(rows, columns), sum, delta);
    double[] expected =
        ReferenceMethods.flat(
            ReferenceMethods.cleaned(
                ReferenceMethods.matrix(sum, rows),
                ReferenceMethods.matrix(delta, rows),
                alpha,
                1e-12));
    double scale = Math.sqrt(Elements.squares(delta, delta.length));
    double[] difference = new double[added.length];
    for (int i = 0; i < added.length; i++) {
      difference[i] = added[i] - expected[i];
    }
    assertThat(Math.sqrt(Elements.squares(difference, added.length)) / scale)
        .as("seed %d", SEED)
        .isLessThan(budget(precision));
    double sumNorm = Math.sqrt(Elements.squares(sum, sum.length));
    assertThat(Math.abs(Elements.dot(sum, added, added.length)) / (sumNorm * scale))
        .as("<S, cleaned>, seed %d", SEED)
        .isLessThan(budget(precision));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void nullSpaceIsItsFormula(MergePrecision precision, int rows, int columns, double share) {
    int rank = 1 + (int) (share * Math.min(rows, columns));
    double[] sum = ArrayElements.random(random, rows * columns).values();
    double[] delta = ArrayElements.random(random, rows * columns).values();
    double[] added = added(new NullSpace(rank, 1), precision, matrix(rows, columns), sum, delta);
    double[] expected =
        ReferenceMethods.flat(
            ReferenceMethods.besideLeading(
                ReferenceMethods.matrix(sum, rows),
                ReferenceMethods.matrix(delta, rows),
                rank,
                1e-12));
    double scale = Math.sqrt(Elements.squares(delta, delta.length));
    double[] difference = new double[added.length];
    for (int i = 0; i < added.length; i++) {
      difference[i] = added[i] - expected[i];
    }
    assertThat(Math.sqrt(Elements.squares(difference, added.length)) / scale)
        .as("seed %d", SEED)
        .isLessThan(budget(precision));
  }

  @ParameterizedTest
  @EnumSource
  void theHandCaseHoldsForEveryAlpha(MergePrecision precision) {
    for (double alpha : new double[] {0, 0.5, 0.74, 0.76, 0.999, 1}) {
      double[] added =
          added(
              new OrthogonalProjection(alpha),
              precision,
              matrix(2, 2),
              new double[] {3, 0, 0, 1},
              new double[] {5, 2, 7, 4});
      assertThat(TinyModels.relativeError(added, new double[] {0, 2, 7, 0}))
          .as("alpha %s", alpha)
          .isLessThan(budget(precision));
    }
  }

  /**
   * Directions in which there is nothing yet are free: the result is independent of their basis.
   */
  @ParameterizedTest
  @EnumSource
  void aSumOfLowRankProtectsOnlyWhatItHolds(MergePrecision precision) {
    double[] sum = new double[12 * 8];
    for (int i = 0; i < 12; i++) {
      for (int j = 0; j < 8; j++) {
        // Whole numbers: exact in both precisions, of rank 2.
        sum[i * 8 + j] = (i + 1) * (j % 3) + (i % 4) * (j - 3);
      }
    }
    double[] delta = ArrayElements.random(random, sum.length).values();
    for (double alpha : new double[] {0.5, 1}) {
      double[] added = added(new OrthogonalProjection(alpha), precision, matrix(12, 8), sum, delta);
      double[] expected =
          ReferenceMethods.flat(
              ReferenceMethods.cleaned(
                  ReferenceMethods.matrix(sum, 12),
                  ReferenceMethods.matrix(delta, 12),
                  alpha,
                  1e-9));
      assertThat(TinyModels.relativeError(added, expected))
          .as("alpha %s, seed %d", alpha, SEED)
          .isLessThan(budget(precision));
    }
  }

  @ParameterizedTest
  @EnumSource
  void nothingThereYetTakesTheTaskVectorAsItIs(MergePrecision precision) {
    double[] delta = ArrayElements.random(random, 24).values();
    for (MergeMethod method : List.of(new OrthogonalProjection(0.5), new NullSpace(3, 1))) {
      assertThat(added(method, precision, matrix(6, 4), new double[24], delta))
          .containsExactly(delta);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aFrozenWeightLeavesTheSumExactly(MergePrecision precision) {
    double[] sum = ArrayElements.random(random, 24).values();
    for (MergeMethod method : List.of(new OrthogonalProjection(0.5), new NullSpace(3, 1))) {
      assertThat(added(method, precision, matrix(6, 4), sum, new double[24])).containsOnly(0.0);
    }
  }

  /** Larger than a panel: the pieces fit together. */
  @Test
  void matricesOfSeveralPanelsAreWalkedWhole() {
    int shorter = 70;
    int longer = (1 << 22) / shorter + 13;
    assertThat(Panel.step(matrix(longer, shorter))).isLessThan(longer);
    for (boolean tall : new boolean[] {true, false}) {
      MergeTensor tensor = tall ? matrix(longer, shorter) : matrix(shorter, longer);
      double[] sum = ArrayElements.random(random, longer * shorter).values();
      double[] delta = ArrayElements.random(random, longer * shorter).values();
      double[] single =
          added(new OrthogonalProjection(0.5), MergePrecision.FLOAT32, tensor, sum, delta);
      double[] whole =
          added(new OrthogonalProjection(0.5), MergePrecision.FLOAT64, tensor, sum, delta);
      assertThat(TinyModels.relativeError(single, whole)).as("seed %d", SEED).isLessThan(1e-6);
    }
  }

  @Test
  void theProtectedDirectionsAreCountedByTheirRunningSum() {
    double[] values = {4, 3, 2, 1};
    assertThat(new OrthogonalProjection(0).protectedDirections(values)).isZero();
    // The sum must exceed the share: 0.4 is not above 0.4.
    assertThat(new OrthogonalProjection(0.4).protectedDirections(values)).isEqualTo(1);
    assertThat(new OrthogonalProjection(0.69).protectedDirections(values)).isEqualTo(1);
    assertThat(new OrthogonalProjection(0.95).protectedDirections(values)).isEqualTo(3);
    assertThat(new OrthogonalProjection(1).protectedDirections(values)).isEqualTo(3);
  }
}
