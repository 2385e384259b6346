package dev.annulus.trainer.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsLogTest {
  @TempDir Path root;

  private static StepReport report(long step) {
    return new StepReport(
        step,
        "a",
        1.0 / step,
        -0.5,
        2.5,
        0.1,
        1e-3,
        100,
        1e4,
        10,
        5,
        1,
        0.5,
        4096,
        6,
        2,
        1.02,
        List.of(0.25, 0.5, 0.25),
        List.of(3.0, 2.0),
        List.of(2048L, 2048L),
        List.of(0.5, 0.5),
        0.9,
        1L << 40);
  }

  @Test
  void linesAreReadBackAsTheyWereWritten() {
    Path file = root.resolve("metrics.jsonl");
    MetricsLog log = MetricsLog.openAt(file, 0);
    log.append(report(1));
    log.append(report(2));
    assertThat(MetricsLog.openAt(file, 2).reports()).containsExactly(report(1), report(2));
  }

  @Test
  void stepsBehindTheCheckpointAndTornLinesAreDropped() throws Exception {
    Path file = root.resolve("metrics.jsonl");
    MetricsLog log = MetricsLog.openAt(file, 0);
    for (long step = 1; step <= 5; step++) {
      log.append(report(step));
    }
    Files.writeString(file, "{\"step\":6,\"sta", StandardOpenOption.APPEND);
    assertThat(MetricsLog.openAt(file, 9).reports()).hasSize(5);
    MetricsLog resumed = MetricsLog.openAt(file, 3);
    assertThat(resumed.reports()).hasSize(3);
    resumed.append(report(4));
    assertThat(Files.readAllLines(file)).hasSize(4).last().asString().startsWith("{\"step\":4,");
    assertThat(MetricsLog.openAt(file, 0).reports()).as("a new run").isEmpty();
    assertThat(Files.readString(file)).isEmpty();
  }
}
