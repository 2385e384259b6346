package dev.annulus.spark.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sources that are wrong: told with file and line, and nothing is packed. */
final class DocumentProblemsTest {
  @TempDir Path folder;
  private TinyInput input;

  @BeforeEach
  void write() {
    input = TinyInput.write(folder);
  }

  @Test
  void everyWrongLineIsTold() {
    input.write(
        "docs.jsonl",
        """
        {"input_ids": [1, 2]}
        {"input_ids": [1, 50]}
        {"input_ids": [1, 2
        {"text": "a"}
        {"input_ids": ["a"]}
        """);
    CommandRun run = input.run("train", "--json");
    run.wrongInput("docs.jsonl:2", "docs.jsonl:3", "docs.jsonl:4", "docs.jsonl:5");
    assertThat(run.errors().getFirst()).contains("50");
    assertThat(run.json().get("error").get("problems")).hasSize(4);
    assertThat(run.seconds()).isLessThan(30);
    nothingIsPacked();
  }

  @Test
  void brokenUtf8IsTold() {
    byte[] line = "{\"text\": \"a_b\"}\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    line[11] = (byte) 0xc3;
    input.write("docs.jsonl", line);
    input
        .run(
            "prepare",
            "data.sources.0.field=text",
            "model.tokenizer=bytes",
            "model.config.vocab_size=258")
        .wrongInput("docs.jsonl:1");
    nothingIsPacked();
  }

  @Test
  void missingFilesAreTold() {
    input
        .run(
            "prepare",
            "data.sources.0.path=" + input.path("no.jsonl"),
            "data.packed_dir=" + input.path("out/packed"))
        .wrongInput("data.sources.0.path: no file at " + input.path("no.jsonl"));
    nothingIsPacked();
  }

  @Test
  void emptySourcesAreTold() {
    input.write("docs.jsonl", "");
    input.run("prepare").wrongInput("data.sources");
    input.write("docs.jsonl", "\n\n");
    input.run("prepare").wrongInput("data.sources");
    nothingIsPacked();
  }

  @Test
  void whatIsNoParquetIsTold() {
    input.run("prepare", "data.sources.0.format=parquet").wrongInput("docs.jsonl");
    nothingIsPacked();
  }

  @Test
  void documentsWithoutTargetsEndTheRun() {
    input.write("docs.jsonl", "{\"input_ids\": [1]}\n{\"input_ids\": [2]}\n");
    CommandRun run = input.run("train");
    assertThat(run.exitCode()).as(run.err()).isEqualTo(2);
    assertThat(Files.exists(input.out().resolve("final"))).isFalse();
  }

  private void nothingIsPacked() {
    assertThat(input.outFiles().stream().filter(name -> !name.equals("packed"))).isEmpty();
  }
}
