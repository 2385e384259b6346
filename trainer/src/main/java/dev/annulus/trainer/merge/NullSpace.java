package dev.annulus.trainer.merge;

/**
 * The sum of the task vectors, of which those of linear maps leave alone what the leading right
 * directions of what is there already read: D (I - V_r V_r').
 */
record NullSpace(int rank, double scale) implements MergeMethod {
  @Override
  public FoldFacts fold(Fold fold) {
    if (fold.tensor().role() != MergeTensor.Role.PROJECTED
        || Fold.isZero(fold.delta())
        || Fold.isZero(fold.sum())) {
      fold.sum().add(fold.delta());
      return FoldFacts.WHOLE;
    }
    try (Directions directions = Directions.of(fold.tensor(), fold.sum(), fold.precision())) {
      int r = Math.min(rank, directions.rank());
      return new FoldFacts(r, directions.addBeside(fold.delta(), r));
    }
  }

  @Override
  public double scale(MergeTotals totals) {
    return scale;
  }

  @Override
  public boolean decomposes() {
    return true;
  }
}
