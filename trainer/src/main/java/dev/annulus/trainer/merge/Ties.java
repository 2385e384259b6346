package dev.annulus.trainer.merge;

import java.util.List;

/**
 * TIES (Yadav et al., 2306.01708), on the base: of each task vector only the largest elements of
 * each tensor are kept, each element's sign is that of the sum over the models, and the mean is
 * formed of the values that have it. Sums and counts by sign are all that this needs, so models can
 * come one at a time and in any order.
 */
record Ties(double density, double scale) implements MergeMethod {
  @Override
  public List<String> slots() {
    return List.of("positive_sum", "negative_sum", "positive_count", "negative_count");
  }

  @Override
  public FoldFacts fold(Fold fold) {
    long size = fold.delta().size();
    if (size == 0) {
      return FoldFacts.WHOLE;
    }
    MagnitudeThreshold kept =
        MagnitudeThreshold.of(fold.delta(), Math.max(1, Math.round(density * size)));
    double[] delta = new double[Elements.STRETCH];
    double[] sum = new double[Elements.STRETCH];
    double[] models = new double[Elements.STRETCH];
    double[] removed = {0};
    long[] equalLeft = {kept.ofEqual()};
    Elements.forEachStretch(
        size,
        (start, count) -> {
          fold.delta().read(start, delta, count);
          for (int i = 0; i < count; i++) {
            double magnitude = Math.abs(delta[i]);
            boolean keep =
                magnitude > kept.threshold()
                    || (magnitude == kept.threshold() && equalLeft[0]-- > 0);
            if (!keep) {
              removed[0] += delta[i] * delta[i];
              delta[i] = 0;
            }
          }
          for (int sign = 0; sign < 2; sign++) {
            fold.running().get(sign).read(start, sum, count);
            fold.running().get(2 + sign).read(start, models, count);
            for (int i = 0; i < count; i++) {
              if (sign == 0 ? delta[i] > 0 : delta[i] < 0) {
                sum[i] += delta[i];
                models[i]++;
              }
            }
            fold.running().get(sign).write(start, sum, count);
            fold.running().get(2 + sign).write(start, models, count);
          }
        });
    return new FoldFacts(-1, removed[0]);
  }

  @Override
  public void vector(double[][] slots, double[] into, int count) {
    for (int i = 0; i < count; i++) {
      int sign = slots[0][i] + slots[1][i] >= 0 ? 0 : 1;
      double models = slots[2 + sign][i];
      into[i] = models == 0 ? 0 : slots[sign][i] / models;
    }
  }

  @Override
  public double scale(MergeTotals totals) {
    return scale;
  }
}
