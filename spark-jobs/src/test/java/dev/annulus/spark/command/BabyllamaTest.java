package dev.annulus.spark.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A model that was trained elsewhere goes on and scores as transformers 5.17 has it do (fp32, CPU,
 * greedy, with BOS). Skipped where the model is not beside the repository.
 */
final class BabyllamaTest {
  private static final Path MODEL =
      Path.of(System.getProperty("annulus.repository", "."))
          .resolve("../shared/data/babyllama-105");

  /** Characters are tokens; the 62nd ends a word. */
  private static final String STORY =
      ", there was a little girl named Lily. She loved to play outsid";

  @TempDir Path folder;

  @BeforeAll
  static void requireModel() {
    assumeTrue(Files.isDirectory(MODEL), () -> MODEL + " is not there");
  }

  @Test
  void textGoesOnAsInTransformers() {
    assertThat(story(62).get("text").asText()).isEqualTo(STORY);
    assertThat(story(60).get("text").asText()).isEqualTo(STORY.substring(0, 60));
    assertThat(story(60).get("ids")).hasSize(60);
  }

  @Test
  void idsGoOnAsInTransformers() {
    JsonNode ids = generate("--prompt-ids", "5,6,7", "--max-new-tokens", "24").get("ids");
    assertThat(ids)
        .extracting(JsonNode::asInt)
        .containsExactly(
            13, 3, 17, 5, 12, 3, 5, 3, 14, 10, 6, 6, 14, 4, 3, 21, 10, 13, 14, 3, 9, 5, 16, 4);
  }

  /** The resource holds documents and what transformers says of each: targets and mean loss. */
  @Test
  void lossesAreThoseOfTransformers() throws Exception {
    Path data = folder.resolve("documents.jsonl");
    try (InputStream documents = BabyllamaTest.class.getResourceAsStream("babyllama-105.jsonl")) {
      Files.write(data, documents.readAllBytes());
    }
    CommandRun run =
        CommandRun.done(
            "evaluate", "--model", MODEL.toString(), "--data", data.toString(), "--json");
    List<String> lines = Files.readAllLines(data, StandardCharsets.UTF_8);
    JsonNode documents = run.json().get("documents");
    assertThat(documents).hasSize(lines.size());
    double sum = 0;
    long targets = 0;
    for (int i = 0; i < lines.size(); i++) {
      JsonNode expected = new ObjectMapper().readTree(lines.get(i));
      assertThat(documents.get(i).get("targets").asLong())
          .as("document %s", i)
          .isEqualTo(expected.get("targets").asLong());
      assertThat(documents.get(i).get("loss").asDouble())
          .as("document %s", i)
          .isCloseTo(expected.get("loss").asDouble(), within(1e-5));
      sum += expected.get("loss").asDouble() * expected.get("targets").asLong();
      targets += expected.get("targets").asLong();
    }
    assertThat(run.json().get("targets").asLong()).isEqualTo(targets);
    assertThat(run.json().get("loss").asDouble()).isCloseTo(sum / targets, within(1e-5));
  }

  private static JsonNode story(int tokens) {
    return generate("--prompt", "Once upon a time", "--max-new-tokens", Integer.toString(tokens));
  }

  private static JsonNode generate(String... options) {
    String[] all = new String[options.length + 4];
    all[0] = "generate";
    all[1] = "--model";
    all[2] = MODEL.toString();
    all[3] = "--json";
    System.arraycopy(options, 0, all, 4, options.length);
    return CommandRun.done(all).json();
  }
}
