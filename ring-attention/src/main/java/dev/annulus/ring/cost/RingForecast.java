package dev.annulus.ring.cost;

import dev.annulus.config.ParallelSettings;
import dev.annulus.ring.RingSchedule;

/**
 * What a ring keeps of its devices' rate in attention, both passes of a layer together, for a row
 * that is one document.
 *
 * @param rateKept over that of the same devices each alone with an equal share of the pairs
 * @param durationNs of both passes
 */
public record RingForecast(double rateKept, long durationNs) {
  private static final double SLOWEST = 1e5;
  private static final double FASTEST = 1e13;

  /** What the cost model says of a plan. */
  public static RingForecast of(CostModel cost, RingSchedule plan) {
    PassCost forward = cost.forward(plan);
    PassCost backward = cost.backward(plan);
    long duration = forward.durationNs() + backward.durationNs();
    double kept =
        duration == 0
            ? 1
            : (forward.rateKept() * forward.durationNs()
                    + backward.rateKept() * backward.durationNs())
                / duration;
    return new RingForecast(kept, duration);
  }

  /** The plan that a run would choose for a row that is one document. */
  public static RingSchedule plan(CostModel cost, ParallelSettings parallel, int tokens) {
    return new RouteChoice(parallel.route(), cost)
        .explainOneDocument(parallel.layout(), tokens, parallel.context())
        .plan();
  }

  /**
   * The least rate of a link with which a plan keeps a share of what it would keep with links that
   * take no time.
   *
   * @param share for example 0.95
   * @return bytes a second, within 2 %; infinite if latency alone costs more
   */
  public static double bytesPerSecondFor(CostModel cost, RingSchedule plan, double share) {
    double wanted = share * of(with(cost, FASTEST, 0, 0), plan).rateKept();
    if (of(with(cost, FASTEST), plan).rateKept() < wanted) {
      return Double.POSITIVE_INFINITY;
    }
    double low = SLOWEST;
    double high = FASTEST;
    while (high / low > 1.02) {
      double middle = Math.sqrt(low * high);
      if (of(with(cost, middle), plan).rateKept() >= wanted) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return high;
  }

  private static CostModel with(CostModel cost, double bytesPerSecond) {
    return with(cost, bytesPerSecond, cost.link().latencyNs(), cost.link().messageNs());
  }

  private static CostModel with(
      CostModel cost, double bytesPerSecond, long latencyNs, long messageNs) {
    return new CostModel(
        cost.device(),
        new LinkRates(bytesPerSecond, latencyNs, messageNs),
        cost.shape(),
        cost.kvBytes(),
        cost.gradientBytes());
  }
}
