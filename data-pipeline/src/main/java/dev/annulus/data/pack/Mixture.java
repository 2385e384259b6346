package dev.annulus.data.pack;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;

/**
 * How often each source is gone through. Sources have shares of what is packed in proportion to
 * their weights, and as much is packed as their repeat limits allow: with n_s tokens, weight w_s
 * and limit r_s of source s, T = min over s of r_s n_s / w_s (w summing to 1), and s is gone
 * through w_s T / n_s times. Part of a time means that a document is drawn with that probability,
 * by a number that depends on the seed and its place alone.
 *
 * @param times one a source
 */
public record Mixture(double[] times) implements Serializable {
  /** Every source once. */
  public static Mixture whole(int sources) {
    double[] times = new double[sources];
    Arrays.fill(times, 1);
    return new Mixture(times);
  }

  /**
   * Sources without weights: each up to its limit, which is 1 unless it is said otherwise.
   *
   * @param maxRepeats one a source
   */
  public static Mixture unweighted(List<Double> maxRepeats) {
    return new Mixture(maxRepeats.stream().mapToDouble(Double::doubleValue).toArray());
  }

  /**
   * Sources by their weights. A source without tokens takes no part.
   *
   * @param weights at least one above 0
   */
  public static Mixture weighted(List<Double> weights, List<Double> maxRepeats, List<Long> tokens) {
    double sum = 0;
    for (int s = 0; s < weights.size(); s++) {
      sum += tokens.get(s) > 0 ? weights.get(s) : 0;
    }
    double total = Double.POSITIVE_INFINITY;
    for (int s = 0; s < weights.size(); s++) {
      if (weights.get(s) > 0 && tokens.get(s) > 0) {
        total = Math.min(total, maxRepeats.get(s) * tokens.get(s) / (weights.get(s) / sum));
      }
    }
    double[] times = new double[weights.size()];
    for (int s = 0; s < times.length; s++) {
      boolean takesPart = weights.get(s) > 0 && tokens.get(s) > 0;
      times[s] = takesPart ? weights.get(s) / sum * total / tokens.get(s) : 0;
      // What is whole but for rounding is whole.
      double nearest = Math.rint(times[s]);
      times[s] = Math.abs(times[s] - nearest) < 1e-9 * nearest ? nearest : times[s];
    }
    return new Mixture(times);
  }

  /**
   * How often a document is packed.
   *
   * @param draw any number, the same for the same document
   */
  public int copies(int source, long draw) {
    double whole = Math.floor(times[source]);
    double uniform = (draw >>> 11) * 0x1p-53;
    return (int) whole + (uniform < times[source] - whole ? 1 : 0);
  }
}
