package dev.annulus.trainer.merge;

/**
 * OPCM (Tang et al., 2501.09522): from the task vector of a linear map is taken what lies in the
 * leading directions of what is there already, and what would only lengthen or shorten any of its
 * directions; the merged task vector is scaled to the mean length of the models'.
 */
record OrthogonalProjection(double alpha) implements MergeMethod {
  @Override
  public FoldFacts fold(Fold fold) {
    if (fold.tensor().role() != MergeTensor.Role.PROJECTED
        || Fold.isZero(fold.delta())
        || Fold.isZero(fold.sum())) {
      fold.sum().add(fold.delta());
      return FoldFacts.WHOLE;
    }
    try (Directions directions = Directions.of(fold.tensor(), fold.sum(), fold.precision())) {
      int r = Math.min(protectedDirections(directions.values()), directions.rank());
      return new FoldFacts(r, directions.addOutsideOf(fold.delta(), r));
    }
  }

  /**
   * The index of the first singular value at which their running sum exceeds the share alpha; the
   * last index if none does, so that alpha = 1 protects the most.
   */
  int protectedDirections(double[] values) {
    double total = 0;
    for (double value : values) {
      total += value;
    }
    double sum = 0;
    for (int i = 0; i < values.length && alpha < 1; i++) {
      sum += values[i];
      if (sum / total > alpha) {
        return i;
      }
    }
    return values.length - 1;
  }

  @Override
  public double scale(MergeTotals totals) {
    return totals.vectorNorm() == 0 ? 0 : totals.meanNorm() / totals.vectorNorm();
  }

  @Override
  public boolean decomposes() {
    return true;
  }
}
