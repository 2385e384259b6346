package dev.annulus.spark.watch;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import dev.annulus.trainer.train.StepReport;
import java.util.function.ToDoubleFunction;
import org.apache.spark.SparkEnv;
import org.apache.spark.metrics.source.Source;

/**
 * The driver's view as a source of Spark's metrics system, named {@code annulus}: whatever sink
 * Spark is told of (its servlets, Prometheus, Graphite, files) sees it. All are gauges; a figure
 * that is not known yet is not a number.
 */
public final class RunMetrics implements Source, AutoCloseable {
  private final MetricRegistry registry = new MetricRegistry();

  private RunMetrics(GangView view, int world) {
    ofStep(view, "step", step -> step.step());
    ofStep(view, "loss", StepReport::loss);
    ofStep(view, "grad_norm", StepReport::gradNorm);
    ofStep(view, "learning_rate", StepReport::learningRate);
    ofStep(view, "tokens_per_second", StepReport::tokensPerSecond);
    ofStep(view, "step_seconds", step -> step.stepMs() / 1e3);
    ofStep(view, "wait_share", step -> step.stepMs() == 0 ? 0 : step.waitMs() / step.stepMs());
    ofStep(view, "ring_bytes_sent_in_step", step -> step.ringBytesSent());
    gauge("restarts", view::restarts);
    gauge("checkpoint_step", view::checkpointStep);
    gauge("checkpoint_seconds", view::checkpointSeconds);
    gauge("seconds_since_step", () -> view.sinceProgressNs() / 1e9);
    for (int rank = 0; rank < world; rank++) {
      int of = rank;
      ofRank(view, of, "step", RankStatus::step);
      ofRank(view, of, "wait_share", RankStatus::waitShare);
      ofRank(view, of, "ring_bytes_sent", RankStatus::ringBytesSent);
      ofRank(view, of, "ring_bytes_received", RankStatus::ringBytesReceived);
      ofRank(view, of, "waits_for", RankStatus::waitsFor);
      gauge(nameOf(of, "silent_seconds"), () -> view.rows().get(of).silentNs() / 1e9);
    }
  }

  /** Shows a view in this driver until it is closed. */
  public static RunMetrics show(GangView view, int world) {
    RunMetrics metrics = new RunMetrics(view, world);
    SparkEnv.get().metricsSystem().registerSource(metrics);
    return metrics;
  }

  @Override
  public String sourceName() {
    return "annulus";
  }

  @Override
  public MetricRegistry metricRegistry() {
    return registry;
  }

  @Override
  public void close() {
    SparkEnv environment = SparkEnv.get();
    if (environment != null) {
      environment.metricsSystem().removeSource(this);
    }
  }

  private void ofStep(GangView view, String name, ToDoubleFunction<StepReport> figure) {
    gauge(name, () -> view.lastStep().map(figure::applyAsDouble).orElse(Double.NaN));
  }

  private void ofRank(GangView view, int rank, String name, ToDoubleFunction<RankStatus> figure) {
    gauge(
        nameOf(rank, name),
        () -> view.rows().get(rank).status().map(figure::applyAsDouble).orElse(Double.NaN));
  }

  private static String nameOf(int rank, String name) {
    return MetricRegistry.name("rank", Integer.toString(rank), name);
  }

  private void gauge(String name, Gauge<Number> gauge) {
    registry.register(name, gauge);
  }
}
