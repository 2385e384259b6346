package dev.annulus.spark.command;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.config.RunConfigReader;
import dev.annulus.spark.job.StartModel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** The Hugging Face folder {@code model} that a {@link TinyInput} starts from, and its damages. */
record TinyModel(TinyInput input) {
  private static final String WEIGHTS = "model/model.safetensors";

  static TinyModel write(TinyInput input) {
    StartModel.write(
        RunConfigReader.read(Path.of(input.path("run.yaml")), List.of()),
        input.folder().resolve("model"));
    return new TinyModel(input);
  }

  String path() {
    return input.path("model");
  }

  /** Cuts bytes off the end of the weights. */
  void truncate(int bytes) {
    byte[] whole = input.read(WEIGHTS);
    input.write(WEIGHTS, Arrays.copyOf(whole, whole.length - bytes));
  }

  /** Replaces a text of the header by one of the same length. */
  void lie(String from, String to) {
    assertThat(from).hasSameSizeAs(to);
    byte[] file = input.read(WEIGHTS);
    // One character a byte, so that nothing moves.
    String text = new String(file, StandardCharsets.ISO_8859_1);
    assertThat(text).contains(from);
    input.write(
        WEIGHTS,
        text.replaceFirst(java.util.regex.Pattern.quote(from), to)
            .getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Says another length of the header in the first eight bytes. */
  void lieAboutHeader(long bytes) {
    byte[] file = input.read(WEIGHTS);
    ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putLong(0, bytes);
    input.write(WEIGHTS, file);
  }

  CommandRun generate(String... more) {
    String[] arguments = {"generate", "--model", path(), "--prompt-ids", "5,6,7"};
    String[] all = Arrays.copyOf(arguments, arguments.length + more.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    return CommandRun.of(all);
  }

  /** Evaluates a file of the folder. */
  CommandRun evaluate(String documents) {
    return CommandRun.of("evaluate", "--model", path(), "--data", input.path(documents), "--json");
  }
}
