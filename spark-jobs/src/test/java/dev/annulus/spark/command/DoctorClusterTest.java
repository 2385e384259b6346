package dev.annulus.spark.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DoctorClusterTest {
  @TempDir Path folder;

  /** Four workers as a run would have them; rows of 32 tokens are held back by any network. */
  @Test
  void theWorkersOfARunMeetInPairs() {
    TinyInput input = TinyInput.write(folder, 4, 1);
    CommandRun run =
        input.run("doctor", "--cluster", "--seconds", "6", "--json", "transport.kind=aeron");
    assertThat(run.exitCode()).as(run.err()).isEqualTo(1);
    JsonNode json = run.json();
    assertThat(json.get("fit").asBoolean()).isFalse();
    assertThat(json.get("workers").asInt()).isEqualTo(4);
    assertThat(json.get("pairs")).hasSize(12);
    assertThat(json.get("ring")).hasSize(4);
    for (JsonNode pair : json.get("pairs")) {
      assertThat(pair.get("failure").asText()).isEmpty();
      assertThat(pair.get("bytes_per_second").asDouble()).isGreaterThan(1e6);
      assertThat(pair.get("latency_us").asDouble()).isBetween(0.1, 5e6);
    }
    assertThat(json.get("hosts")).hasSize(1);
    assertThat(json.get("hosts").get(0).get("ranks")).hasSize(4);
    assertThat(Math.abs(json.get("hosts").get(0).get("clock_ahead_ms").asDouble())).isLessThan(500);
    assertThat(json.get("storage").get("failure").asText()).isEmpty();
    assertThat(json.get("hindrances").findValuesAsText("what"))
        .anyMatch(
            what -> what.contains("waiting for the ring takes") && what.contains("stage short"));
    assertThat(run.out())
        .contains("4 workers on 1 host", "in one process", "ring, all at once", "Shared storage");
    assertThat(input.out()).doesNotExist();
  }

  @Test
  void whatBelongsToAClusterNeedsOne() {
    CommandRun.of("doctor", "--seconds", "9").wrongInput("--seconds without --cluster");
    CommandRun.of("doctor", "--config", "run.yaml").wrongInput("--config without --cluster");
    CommandRun.of("doctor", "--cluster", "--seconds", "0").wrongInput("between 1 and 3600");
  }
}
