package dev.annulus.spark.watch;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;

/** Read as a monitoring system reads it: over HTTP, from Spark's own servlets. */
final class RunMetricsTest {
  private static String get(SparkSession spark, String path) throws Exception {
    URI uri = URI.create(spark.sparkContext().uiWebUrl().get() + path);
    // Spark's servlet sends whoever asks to the same path with a slash behind it.
    try (HttpClient client =
        HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build()) {
      HttpRequest request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(20)).build();
      return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
  }

  @Test
  void prometheusAndJsonShowTheRunWhileItGoesOn() throws Exception {
    SparkConf conf =
        new SparkConf(false)
            .setMaster("local[1]")
            .setAppName("metrics")
            .set("spark.ui.enabled", "true")
            .set("spark.ui.port", "0")
            .set("spark.driver.host", "127.0.0.1")
            .set("spark.driver.bindAddress", "127.0.0.1")
            .set("spark.metrics.namespace", "tiny")
            .set(
                "spark.metrics.conf.driver.sink.prometheusServlet.class",
                "org.apache.spark.metrics.sink.PrometheusServlet")
            .set("spark.metrics.conf.driver.sink.prometheusServlet.path", "/metrics/prometheus");
    GangView view = new GangView(2, () -> 0);
    try (SparkSession spark = SparkSession.builder().config(conf).getOrCreate()) {
      try (RunMetrics metrics = RunMetrics.show(view, 2)) {
        assertThat(metrics.sourceName()).isEqualTo("annulus");
        assertThat(get(spark, "/metrics/prometheus"))
            .contains("metrics_tiny_driver_annulus_loss_Value{type=\"gauges\"} NaN");
        view.onStep(Tellings.step(6, 100));
        view.onCheckpoint(5, 0.5);
        view.onStatus(Tellings.waits(1, "b", 6, 0, "keys", 2500));
        assertThat(get(spark, "/metrics/prometheus"))
            .contains("metrics_tiny_driver_annulus_step_Value{type=\"gauges\"} 6.0")
            .contains("metrics_tiny_driver_annulus_loss_Value{type=\"gauges\"} 2.5")
            .contains("metrics_tiny_driver_annulus_grad_norm_Value{type=\"gauges\"} 0.75")
            .contains(
                "metrics_tiny_driver_annulus_tokens_per_second_Value{type=\"gauges\"} 40960.0")
            .contains("metrics_tiny_driver_annulus_checkpoint_seconds_Value{type=\"gauges\"} 0.5")
            .contains("metrics_tiny_driver_annulus_restarts_Value{type=\"gauges\"} 0")
            .contains("metrics_tiny_driver_annulus_rank_0_wait_share_Value{type=\"gauges\"} NaN")
            .contains("metrics_tiny_driver_annulus_rank_1_wait_share_Value{type=\"gauges\"} 0.25")
            .contains(
                "metrics_tiny_driver_annulus_rank_1_ring_bytes_received_Value{type=\"gauges\"}"
                    + " 2000.0")
            .contains("metrics_tiny_driver_annulus_rank_1_waits_for_Value{type=\"gauges\"} 0.0");
        assertThat(get(spark, "/metrics/json"))
            .contains("\"tiny.driver.annulus.rank.1.ring_bytes_sent\":{\"value\":1000.0}");
      }
      assertThat(get(spark, "/metrics/prometheus")).doesNotContain("annulus");
    }
  }
}
