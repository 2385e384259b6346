package dev.annulus.spark.doctor.cluster;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.CostSettings;
import dev.annulus.config.DeviceSettings;
import dev.annulus.config.RunConfig;
import dev.annulus.config.StageSettings;
import dev.annulus.ring.RingSchedule;
import dev.annulus.ring.cost.AssumedRates;
import dev.annulus.ring.cost.CostModel;
import dev.annulus.ring.cost.RingForecast;
import java.util.Comparator;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * What a link's rate means for a run, by the cost model: how much of its workers' rate in attention
 * the ring keeps in the stage that asks most of the network, which is the one of the shortest rows.
 *
 * @param config of the run
 * @param shape of its model's attention
 * @param gpus whether its workers compute on GPUs
 * @param threads of a worker on the CPU
 */
record RingQuestion(RunConfig config, AttentionShape shape, boolean gpus, int threads) {
  /** Of what the ring would keep with links that take no time. */
  static final double GOOD_SHARE = 0.95;

  private static final double IDEAL = 1e15;

  StageSettings stage() {
    return config.stages().stream()
        .min(Comparator.comparingInt(StageSettings::sequenceLength))
        .orElseThrow();
  }

  boolean hasRing() {
    return config.parallel().context() > 1;
  }

  /** Share of the rate that the link's rate and latency take, beyond what a perfect one would. */
  double lost(double bytesPerSecond, double latencyNs) {
    CostModel cost = cost(bytesPerSecond, latencyNs);
    RingSchedule plan = plan(cost);
    double best = RingForecast.of(cost(IDEAL, 0), plan).rateKept();
    return Math.max(0, 1 - RingForecast.of(cost, plan).rateKept() / best);
  }

  /** Bytes a second that would keep {@link #GOOD_SHARE}; infinite if latency alone takes more. */
  double needed(double latencyNs) {
    CostModel cost = cost(IDEAL, latencyNs);
    return RingForecast.bytesPerSecondFor(cost, plan(cost), GOOD_SHARE);
  }

  private RingSchedule plan(CostModel cost) {
    return RingForecast.plan(cost, config.parallel(), stage().sequenceLength());
  }

  private CostModel cost(double bytesPerSecond, double latencyNs) {
    DeviceSettings device = config.device();
    return AssumedRates.of(
        new CostSettings(
            config.parallel().cost().flops(),
            OptionalDouble.of(bytesPerSecond),
            OptionalDouble.of(latencyNs / 1000)),
        new DeviceSettings(
            gpus ? DeviceSettings.Kind.CUDA : device.kind(),
            device.precision(),
            device.memory(),
            OptionalInt.of(threads)),
        shape);
  }
}
