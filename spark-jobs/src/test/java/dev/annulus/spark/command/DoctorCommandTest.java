package dev.annulus.spark.command;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class DoctorCommandTest {
  @Test
  void findingsComeBackAsJson() {
    CommandRun run = CommandRun.done("doctor", "--json");
    assertThat(run.json().get("healthy").asBoolean()).isTrue();
    assertThat(run.json().get("device").asText()).isIn("cpu", "cuda");
    assertThat(run.json().get("findings").findValuesAsText("what"))
        .contains("Java", "memory", "disk", "Spark", "CPU", "tokenizers", "network", "Aeron", "TCP")
        .anyMatch(what -> what.startsWith("GPU"));
    assertThat(run.err()).isEmpty();
  }

  @Test
  void quietPrintsNothing() {
    CommandRun run = CommandRun.done("doctor", "--quiet");
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).isEmpty();
  }

  @Test
  void overridesOfTheTransportAreTaken() {
    CommandRun.of("doctor", "transport.kind=udp").wrongInput("override transport.kind: udp");
  }
}
