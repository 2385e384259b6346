package dev.annulus.ring.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.ParallelSettings;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.ring.RingSchedule;
import org.junit.jupiter.api.Test;

final class RingForecastTest {
  private static final ParallelSettings RING =
      new ParallelSettings(4, 1, Layout.ZIGZAG, ParallelSettings.Route.RING);

  private static CostModel cost(double bytesPerSecond, long latencyNs) {
    return new CostModel(
        new DeviceRates(1e12, 1e12, 1e15),
        new LinkRates(bytesPerSecond, latencyNs, 0),
        new AttentionShape(4, 2, 32),
        4,
        4);
  }

  @Test
  void aFastLinkKeepsAllAndASlowOneLittle() {
    RingSchedule plan = RingForecast.plan(cost(1e12, 0), RING, 8192);
    assertThat(RingForecast.of(cost(1e13, 0), plan).rateKept()).isGreaterThan(0.98);
    assertThat(RingForecast.of(cost(1e8, 0), plan).rateKept()).isLessThan(0.2);
  }

  @Test
  void theRateThatIsNeededIsTheOneThatKeepsTheShare() {
    RingSchedule plan = RingForecast.plan(cost(1e12, 1000), RING, 8192);
    double needed = RingForecast.bytesPerSecondFor(cost(1, 1000), plan, 0.95);
    double best = RingForecast.of(cost(1e13, 0), plan).rateKept();
    assertThat(RingForecast.of(cost(needed, 1000), plan).rateKept())
        .isCloseTo(0.95 * best, within(0.01));
    assertThat(RingForecast.of(cost(0.7 * needed, 1000), plan).rateKept()).isLessThan(0.95 * best);
  }

  @Test
  void whatLatencyTakesNoRateGivesBack() {
    RingSchedule plan = RingForecast.plan(cost(1e12, 0), RING, 8192);
    assertThat(RingForecast.bytesPerSecondFor(cost(1, 1_000_000_000), plan, 0.95)).isInfinite();
  }
}
