package dev.annulus.spark.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;

/**
 * A run that takes seconds: a model of a few thousand parameters, made-up documents.
 *
 * @param steps of all its stages
 */
record TinyRun(Path folder, int steps) {
  /** Two stages. */
  static TinyRun write(Path folder, int context, int data) {
    return write(folder, context, data, 1);
  }

  /**
   * Two stages.
   *
   * @param times what its 12 steps are multiplied by
   */
  static TinyRun write(Path folder, int context, int data, int times) {
    String stages =
        """
          - {name: short, sequence_length: 96, steps: %d, sequences_per_step: 2, learning_rate: 3.0e-3,
             schedule: {name: cosine, warmup_steps: 2, min_ratio: 0.1}}
          - {name: long, sequence_length: 384, steps: %d, sequences_per_step: 2, learning_rate: 1.0e-3, rope_theta: 50000.0,
             half_fine_tuning: {enabled: true, seed: 7}}
        checkpoint: {every_steps: 3, keep: 2}
        """
            .formatted(7 * times, 5 * times);
    return write(new TinyRun(folder, 12 * times), 60, context, data, stages);
  }

  /**
   * Three stages, each of rows four times as long as those before, the last two half fine-tuned, on
   * two rings of two.
   *
   * @param times what its 28 steps are multiplied by
   */
  static TinyRun curriculum(Path folder, int times) {
    String stages =
        """
          - {name: short, sequence_length: 64, steps: %d, sequences_per_step: 4, learning_rate: 3.0e-3,
             schedule: {name: cosine, warmup_steps: 2, min_ratio: 0.1}}
          - {name: long, sequence_length: 256, steps: %d, sequences_per_step: 2, learning_rate: 1.0e-3, rope_theta: 50000.0,
             half_fine_tuning: {enabled: true, seed: 7}}
          - {name: longest, sequence_length: 1024, steps: %d, sequences_per_step: 2, learning_rate: 5.0e-4, rope_theta: 1000000.0,
             half_fine_tuning: {enabled: true, seed: 8, mode: cyclic}}
        checkpoint: {every_steps: 2, keep: 3}
        """
            .formatted(11 * times, 9 * times, 8 * times);
    return write(new TinyRun(folder, 28 * times), 600, 2, 2, stages);
  }

  /** Writes {@code run.yaml} and its documents into the folder. */
  private static TinyRun write(TinyRun run, int count, int context, int data, String stages) {
    StringBuilder documents = new StringBuilder();
    Random random = new Random(20261123);
    for (int d = 0; d < count; d++) {
      int words = 1 + random.nextInt(40);
      StringBuilder text = new StringBuilder();
      for (int w = 0; w < words; w++) {
        text.append(w == 0 ? "" : " ")
            .append("ring of words ".charAt(random.nextInt(14)))
            .append(w % 7);
      }
      documents.append("{\"text\": \"").append(text).append("\"}\n");
    }
    String yaml =
        """
        run: {name: tiny, output_dir: out, seed: 5}
        model:
          tokenizer: bytes
          config: {vocab_size: 258, hidden_size: 32, intermediate_size: 48, num_hidden_layers: 2, num_attention_heads: 4,
                   num_key_value_heads: 2, head_dim: 8, tie_word_embeddings: true}
        data: {sources: [{path: docs.jsonl, format: jsonl}], loss_normalization: example}
        parallel: {context: %d, data: %d, layout: zigzag}
        spark: {master: "local[%d]"}
        stages:
        """
                .formatted(context, data, context * data)
            + stages;
    try {
      Files.createDirectories(run.folder());
      Files.writeString(run.folder().resolve("docs.jsonl"), documents);
      Files.writeString(run.folder().resolve("run.yaml"), yaml);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return run;
  }

  /**
   * The same for spark-submit: executors do not share the driver's folder, so that paths are
   * absolute, and the master is the submission's.
   */
  TinyRun submittable() {
    Path yaml = folder.resolve("run.yaml");
    try {
      Files.writeString(
          yaml,
          Files.readString(yaml)
              .replace("output_dir: out", "output_dir: " + folder.resolve("out"))
              .replace("path: docs.jsonl", "path: " + folder.resolve("docs.jsonl"))
              .replaceFirst("spark: \\{master: .*}\n", ""));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  Path metrics() {
    return folder.resolve("out/metrics.jsonl");
  }

  Path checkpoints() {
    return folder.resolve("out/checkpoints");
  }

  byte[] finalWeights() {
    try {
      return Files.readAllBytes(folder.resolve("out/final/model.safetensors"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What is logged as the loss of each step, digit by digit. */
  List<String> losses() {
    return logged("loss");
  }

  /** Of the steps after {@code skipped}, together. */
  double tokensPerSecond(int skipped) {
    List<String> tokens = logged("tokens");
    List<String> milliseconds = logged("step_ms");
    double sum = 0;
    double time = 0;
    for (int step = skipped; step < tokens.size(); step++) {
      sum += Double.parseDouble(tokens.get(step));
      time += Double.parseDouble(milliseconds.get(step));
    }
    return sum / time * 1e3;
  }

  private List<String> logged(String field) {
    Pattern value = Pattern.compile("\"" + field + "\":([^,}]+)");
    try {
      return value.matcher(Files.readString(metrics())).results().map(m -> m.group(1)).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Number of whole lines of {@code metrics.jsonl} so far. */
  long stepsLogged() {
    try {
      return Files.exists(metrics())
          ? Files.readString(metrics()).chars().filter(c -> c == '\n').count()
          : 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
