package dev.annulus.trainer.merge;

/**
 * Two models: each tensor on the great circle from the first model's to the second's, in the plane
 * of the two (Shoemake 1985). Where they point almost the same way, a straight line.
 */
record Slerp(double t) implements MergeMethod {
  /** Cosine from which on the straight line is as good and the formula is not. */
  private static final double PARALLEL = 0.9995;

  @Override
  public int mostModels() {
    return 2;
  }

  @Override
  public FoldFacts fold(Fold fold) {
    if (fold.before() == 0) {
      fold.sum().add(fold.delta());
      return FoldFacts.WHOLE;
    }
    double[] sums = new double[3];
    pass(
        fold,
        (start, count, base, first, second) -> {
          sums[0] += Elements.squares(first, count);
          sums[1] += Elements.squares(second, count);
          sums[2] += Elements.dot(first, second, count);
        });
    double[] weights = weights(sums);
    pass(
        fold,
        (start, count, base, first, second) -> {
          for (int i = 0; i < count; i++) {
            first[i] = weights[0] * first[i] + weights[1] * second[i] - base[i];
          }
          fold.sum().write(start, first, count);
        });
    return FoldFacts.WHOLE;
  }

  private double[] weights(double[] sums) {
    double cosine = sums[2] / Math.sqrt(sums[0] * sums[1]);
    // Not a number where one of them is zero: then too a line.
    if (!(Math.abs(cosine) <= PARALLEL)) {
      return new double[] {1 - t, t};
    }
    double angle = Math.acos(cosine);
    return new double[] {
      Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)
    };
  }

  @FunctionalInterface
  private interface Weights {
    void visit(long start, int count, double[] base, double[] first, double[] second);
  }

  /** Both models' weights, a stretch at a time. */
  private static void pass(Fold fold, Weights weights) {
    double[] base = new double[Elements.STRETCH];
    double[] first = new double[Elements.STRETCH];
    double[] second = new double[Elements.STRETCH];
    Elements.forEachStretch(
        fold.delta().size(),
        (start, count) -> {
          fold.base().read(start, base, count);
          fold.sum().read(start, first, count);
          fold.delta().read(start, second, count);
          for (int i = 0; i < count; i++) {
            first[i] += base[i];
            second[i] += base[i];
          }
          weights.visit(start, count, base, first, second);
        });
  }

  @Override
  public double scale(MergeTotals totals) {
    return 1;
  }
}
