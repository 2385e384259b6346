package dev.annulus.config;

/** Configurations for tests. */
final class Examples {
  /** The least that is right. */
  static final String MINIMAL =
      """
      run: {name: tiny}
      model: {path: base, tokenizer: bytes}
      data:
        sources:
          - {path: a.txt}
      stages:
        - {sequence_length: 16, steps: 10, sequences_per_step: 2, learning_rate: 1.0e-3}
      """;

  /** Every key, none at its default. */
  static final String FULL =
      """
      run:
        name: full
        output_dir: out/full
        seed: 9
        resume: required
        max_restarts: 0
      model:
        tokenizer: tokens/tokenizer.json
        config:
          hidden_size: 64
          rms_norm_eps: 1e-5
          tie_word_embeddings: true
          model_type: llama
          rope_scaling: {rope_type: llama3, factor: 8.0}
          head_dim: null
          eos_token_id: [1, 2]
          big: 5000000000
      data:
        sources:
          - {path: "a/*.jsonl", format: jsonl, field: content}
          - {path: b.parquet, field: input_ids}
        packed_dir: packed
        add_bos: false
        add_eos: false
        long_documents: drop
        loss_normalization: example
        shuffle: false
      evaluation:
        sources: [{path: held-out, format: text, field: text}]
      parallel: {context: 4, data: 2, layout: contiguous}
      device: {kind: cpu, precision: float32, threads: 3}
      transport:
        kind: in_process
        timeout_seconds: 5
        mtu: 1408
        term_length: 65536
        socket_buffer: 131072
      stages:
        - name: 1k
          sequence_length: 1024
          rope_theta: 10000
          steps: 200
          sequences_per_step: 4
          learning_rate: 1e-3
          schedule: {name: cosine, warmup_steps: 20, min_ratio: 0.1}
          optimizer:
            name: adamw
            betas: [0.8, 0.9]
            eps: 1.0e-6
            weight_decay: 0
            max_grad_norm: 2
          half_fine_tuning: {enabled: true, seed: 11}
      checkpoint: {every_steps: 25, keep: 3}
      spark: {master: "local[4]", conf: {spark.executor.memory: 4g, spark.task.maxFailures: 1}}
      """;

  private Examples() {}
}
