package dev.annulus.trainer.merge;

/** The mean of the models, which is the base and the mean of their task vectors. */
record RunningAverage() implements MergeMethod {
  @Override
  public FoldFacts fold(Fold fold) {
    fold.sum().add(fold.delta());
    return FoldFacts.WHOLE;
  }

  @Override
  public double scale(MergeTotals totals) {
    return 1.0 / totals.models();
  }
}
