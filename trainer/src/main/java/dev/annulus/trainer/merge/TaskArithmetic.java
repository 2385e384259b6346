package dev.annulus.trainer.merge;

/** The sum of the task vectors, scaled (Ilharco et al., 2212.04089). */
record TaskArithmetic(double scale) implements MergeMethod {
  @Override
  public FoldFacts fold(Fold fold) {
    fold.sum().add(fold.delta());
    return FoldFacts.WHOLE;
  }

  @Override
  public double scale(MergeTotals totals) {
    return scale;
  }
}
