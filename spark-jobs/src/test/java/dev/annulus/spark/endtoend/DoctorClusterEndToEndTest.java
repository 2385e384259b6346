package dev.annulus.spark.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The check of a cluster under spark-submit, with two executors that are processes. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class DoctorClusterEndToEndTest {
  @TempDir Path temporary;

  @Test
  void twoExecutorsMeetOverTheProtectedTransport() throws Exception {
    JsonNode json = check(0);
    assertThat(json.get("fit").asBoolean()).isTrue();
    assertThat(json.get("workers").asInt()).isEqualTo(2);
    assertThat(json.get("pairs")).hasSize(2);
    assertThat(json.get("pairs").findValuesAsText("failure")).containsOnly("");
    JsonNode host = json.get("hosts").get(0);
    assertThat(host.get("jar").asText()).matches("[0-9a-f]{12}");
    assertThat(Math.abs(host.get("clock_ahead_ms").asDouble())).isLessThan(500);
    assertThat(Files.readString(temporary.resolve("output")))
        .contains("2 workers on 1 host", "within a host")
        .doesNotContain(SubmittedRun.SECRET);
  }

  /** Without the file with the secret no worker lets another in: all say so, none waits. */
  @Test
  void peersThatDoNotLetEachOtherInAreNamed() throws Exception {
    JsonNode json = check(1, "transport.secret_file=" + temporary.resolve("missing"));
    assertThat(json.get("hindrances").get(0).get("level").asText()).isEqualTo("stops");
    assertThat(json.get("hindrances").get(0).get("what").asText())
        .contains("rank 0", "rank 1", "cannot talk to each other", "missing");
  }

  private JsonNode check(int exitCode, String... overrides) throws Exception {
    List<String> arguments =
        new ArrayList<>(List.of("doctor", "--cluster", "--seconds", "4", "--json"));
    arguments.addAll(List.of(overrides));
    Process process = SubmittedRun.submit(temporary, temporary, List.of(), arguments);
    try {
      assertThat(process.waitFor(80, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    String output = Files.readString(temporary.resolve("output"));
    assertThat(process.exitValue()).as(output).isEqualTo(exitCode);
    return new ObjectMapper()
        .readTree(output.lines().filter(line -> line.startsWith("{")).reduce("", (a, b) -> b));
  }
}
