package dev.annulus.spark.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code prepare}: packs what is not packed, and says why. */
final class PrepareCommandTest {
  @TempDir Path folder;

  @Test
  void unchangedSourcesAreReusedAndChangedOnesPackedAnew() {
    TinyInput input = TinyInput.write(folder);
    JsonNode first = prepared(input);
    assertThat(first).hasSize(2);
    assertThat(first.get(0).get("reused").asBoolean()).isFalse();
    assertThat(first.get(0).get("reason").asText()).isEqualTo("not packed before");
    assertThat(first.get(0).get("sequence_length").asInt()).isEqualTo(32);
    assertThat(first.get(1).get("sequence_length").asInt()).isEqualTo(64);
    assertThat(first.get(0).get("documents").asInt()).isEqualTo(40);

    JsonNode second = prepared(input);
    assertThat(second.get(0).get("reused").asBoolean()).isTrue();
    assertThat(second.get(1).get("reused").asBoolean()).isTrue();

    input.write(
        "docs.jsonl",
        new String(input.read("docs.jsonl"), StandardCharsets.UTF_8) + "{\"input_ids\": [1, 2]}\n");
    JsonNode third = prepared(input);
    assertThat(third.get(0).get("reused").asBoolean()).isFalse();
    assertThat(third.get(0).get("reason").asText()).startsWith("made anew: ").contains("source");
    assertThat(third.get(0).get("documents").asInt()).isEqualTo(41);
    assertThat(input.halfWritten()).isEmpty();
  }

  private static JsonNode prepared(TinyInput input) {
    CommandRun run = CommandRun.done(input.command("prepare", "--json", "--quiet"));
    assertThat(run.out().lines()).as("quiet").hasSize(1);
    assertThat(run.err()).isEmpty();
    return run.json().get("prepared");
  }
}
