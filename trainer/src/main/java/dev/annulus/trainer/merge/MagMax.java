package dev.annulus.trainer.merge;

/**
 * Of each element the largest change that any model made, in size; of equal ones the last (MagMax,
 * Marczak et al., 2407.06322).
 */
record MagMax(double scale) implements MergeMethod {
  @Override
  public FoldFacts fold(Fold fold) {
    double[] delta = new double[Elements.STRETCH];
    double[] largest = new double[Elements.STRETCH];
    double[] removed = {0};
    Elements.forEachStretch(
        fold.delta().size(),
        (start, count) -> {
          fold.delta().read(start, delta, count);
          fold.sum().read(start, largest, count);
          for (int i = 0; i < count; i++) {
            if (Math.abs(delta[i]) >= Math.abs(largest[i])) {
              largest[i] = delta[i];
            } else {
              removed[0] += delta[i] * delta[i];
            }
          }
          fold.sum().write(start, largest, count);
        });
    return new FoldFacts(-1, removed[0]);
  }

  @Override
  public double scale(MergeTotals totals) {
    return scale;
  }
}
