package dev.annulus.spark.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders that are no model: told with file and tensor, whichever command reads them. */
final class ModelProblemsTest {
  @TempDir Path folder;
  private TinyInput input;
  private TinyModel model;

  @BeforeEach
  void write() {
    input = TinyInput.write(folder);
    model = TinyModel.write(input);
  }

  @Test
  void truncatedWeightsAreTold() {
    model.truncate(1);
    model.generate("--json").wrongInput("model.safetensors");
    model.evaluate("docs.jsonl").wrongInput("model.safetensors");
    CommandRun train = trainFromModel();
    train.wrongInput("model.safetensors");
    assertThat(train.seconds()).isLessThan(30);
    assertThat(input.outFiles()).isEmpty();
  }

  @Test
  void headersThatLieAreTold() {
    model.lie("[50,16]", "[51,16]");
    model.generate().wrongInput("model.safetensors");
  }

  @Test
  void aHeaderLongerThanTheFileIsTold() {
    model.lieAboutHeader(Long.MAX_VALUE);
    model.generate().wrongInput("model.safetensors header: 9223372036854775807 bytes");
    model.lieAboutHeader(-1);
    model.generate().wrongInput("model.safetensors header: 18446744073709551615 bytes");
  }

  @Test
  void aHeaderThatIsNoJsonIsTold() {
    model.lie("\"dtype\"", "!dtype!");
    model.generate().wrongInput("model.safetensors");
  }

  @Test
  void everyTensorThatIsNotAsConfigured() {
    input.replace("model/config.json", "\"vocab_size\" : 50", "\"vocab_size\" : 60");
    model
        .generate()
        .wrongInput(
            "tensor model.embed_tokens.weight: shape [50, 16] (expected shape [60, 16],"
                + " as config.json says)");
    CommandRun train = trainFromModel();
    train.wrongInput("tensor model.embed_tokens.weight: shape [50, 16]");
    assertThat(input.outFiles()).isEmpty();
  }

  @Test
  void aConfigThatIsNoneIsTold() {
    input.write("model/config.json", "{\"hidden_size\": ");
    model.generate().wrongInput("config.json");
    input.write("model/config.json", "{\"model_type\": \"bert\"}");
    CommandRun run = model.generate();
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.errors()).isNotEmpty().allMatch(line -> line.contains("config.json"));
  }

  @Test
  void whatIsMissingIsTold() throws Exception {
    CommandRun.of("generate", "--model", input.path("nowhere"), "--prompt-ids", "1")
        .wrongInput("nowhere: no such folder");
    CommandRun.of("evaluate", "--model", input.path("nowhere"), "--data", input.path("docs.jsonl"))
        .wrongInput("nowhere: no such folder");
    Files.delete(folder.resolve("model/model.safetensors"));
    model.generate().wrongInput("model.safetensors");
    Files.delete(folder.resolve("model/config.json"));
    model.generate().wrongInput("config.json: no such file");
  }

  @Test
  void aBrokenTokenizerIsTold() {
    input.write("model/tokenizer.json", "{\"model\": {}");
    model.generate().wrongInput("tokenizer.json");
    input.write("texts.jsonl", "{\"text\": \"a\"}\n");
    model.evaluate("texts.jsonl").wrongInput("tokenizer.json");
    input
        .run("prepare", "model.tokenizer=" + model.path(), "data.sources.0.field=text")
        .wrongInput("tokenizer.json");
  }

  @Test
  void aTokenizerLargerThanTheModelIsTold() {
    input
        .run("train", "model.tokenizer=bytes")
        .wrongInput("model.tokenizer: bytes, 258 ids (expected at most the model's vocab_size, 50");
    assertThat(input.outFiles()).isEmpty();
  }

  @Test
  void textWithoutATokenizerIsTold() {
    input.write("texts.jsonl", "{\"text\": \"a\"}\n");
    model.evaluate("texts.jsonl").wrongInput("tokenizer.json: no such file");
    CommandRun.of("generate", "--model", model.path(), "--prompt", "a")
        .wrongInput("tokenizer.json: no such file");
  }

  private CommandRun trainFromModel() {
    return input.run("train", "model.config=", "model.path=" + model.path());
  }
}
