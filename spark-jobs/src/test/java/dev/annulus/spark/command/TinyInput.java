package dev.annulus.spark.command;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A folder with a run of a few steps: {@code run.yaml}, {@code docs.jsonl} of token ids below 50,
 * {@code out} for the result. The model has a few thousand parameters and starts at random.
 */
record TinyInput(Path folder) {
  static final int VOCABULARY = 50;
  static final int STEPS = 4;

  /** Writes the run of one worker. */
  static TinyInput write(Path folder) {
    return write(folder, 1, 1);
  }

  static TinyInput write(Path folder, int context, int data) {
    TinyInput input = new TinyInput(folder);
    StringBuilder documents = new StringBuilder();
    for (int d = 0; d < 40; d++) {
      documents.append(document(d, 3 + d % 13)).append('\n');
    }
    input.write("docs.jsonl", documents.toString());
    input.write(
        "run.yaml",
        """
        run: {name: tiny, output_dir: %1$s/out, seed: 5}
        model:
          config: {vocab_size: 50, hidden_size: 16, intermediate_size: 24, num_hidden_layers: 2, num_attention_heads: 2,
                   num_key_value_heads: 1, head_dim: 8, tie_word_embeddings: true}
        data: {sources: [{path: %1$s/docs.jsonl, format: jsonl, field: input_ids}]}
        parallel: {context: %2$d, data: %3$d}
        transport: {kind: in_process, timeout_seconds: 20}
        stages:
          - {name: short, sequence_length: 32, steps: 2, sequences_per_step: 2, learning_rate: 1.0e-3}
          - {name: long, sequence_length: 64, steps: 2, sequences_per_step: 2, learning_rate: 1.0e-3}
        checkpoint: {every_steps: 1, keep: 4}
        """
            .formatted(folder, context, data));
    return input;
  }

  private static String document(int first, int length) {
    List<Integer> ids = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      ids.add((first + 7 * i) % VOCABULARY);
    }
    return "{\"input_ids\": " + ids + "}";
  }

  /** {@code command --config run.yaml MORE}. */
  String[] command(String command, String... more) {
    List<String> arguments = new ArrayList<>(List.of(command, "--config", path("run.yaml")));
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  CommandRun run(String command, String... more) {
    return CommandRun.of(command(command, more));
  }

  Path out() {
    return folder.resolve("out");
  }

  String path(String name) {
    return folder.resolve(name).toString();
  }

  void write(String name, String text) {
    write(name, text.getBytes(StandardCharsets.UTF_8));
  }

  void write(String name, byte[] bytes) {
    try {
      Path file = folder.resolve(name);
      Files.createDirectories(file.getParent());
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  byte[] read(String name) {
    try {
      return Files.readAllBytes(folder.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Changes a text in a file of the folder. */
  void replace(String name, String from, String to) {
    String text = new String(read(name), StandardCharsets.UTF_8);
    if (!text.contains(from)) {
      throw new IllegalArgumentException(name + " does not hold " + from);
    }
    write(name, text.replace(from, to));
  }

  /** Every file and folder below {@code out}, relative to it; none if it is not there. */
  TreeSet<String> outFiles() {
    TreeSet<String> files = new TreeSet<>();
    if (Files.isDirectory(out())) {
      try (Stream<Path> walk = Files.walk(out())) {
        walk.filter(path -> !path.equals(out()))
            .forEach(path -> files.add(out().relativize(path).toString()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return files;
  }

  /** What lies in the output that no reader may take for a result, or that is only half there. */
  List<String> halfWritten() {
    return outFiles().stream()
        .filter(
            name ->
                name.contains(".partial")
                    || name.contains(".old")
                    || name.contains(".tmp")
                    || name.contains("_temporary"))
        .toList();
  }
}
