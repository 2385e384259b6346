package dev.annulus.spark.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/**
 * A run that takes seconds: a model of a few thousand parameters, made-up documents, two stages.
 */
record TinyRun(Path folder) {
  static final int STEPS = 12;

  /** Writes {@code run.yaml} and its documents into {@code folder}. */
  static TinyRun write(Path folder, int context, int data) {
    StringBuilder documents = new StringBuilder();
    Random random = new Random(20261123);
    for (int d = 0; d < 60; d++) {
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
        stages:
          - {name: short, sequence_length: 96, steps: 7, sequences_per_step: 2, learning_rate: 3.0e-3,
             schedule: {name: cosine, warmup_steps: 2, min_ratio: 0.1}}
          - {name: long, sequence_length: 384, steps: 5, sequences_per_step: 2, learning_rate: 1.0e-3, rope_theta: 50000.0,
             half_fine_tuning: {enabled: true, seed: 7}}
        checkpoint: {every_steps: 3, keep: 2}
        spark: {master: "local[%d]"}
        """
            .formatted(context, data, context * data);
    try {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve("docs.jsonl"), documents);
      Files.writeString(folder.resolve("run.yaml"), yaml);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new TinyRun(folder);
  }

  Path metrics() {
    return folder.resolve("out/metrics.jsonl");
  }

  byte[] finalWeights() {
    try {
      return Files.readAllBytes(folder.resolve("out/final/model.safetensors"));
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
