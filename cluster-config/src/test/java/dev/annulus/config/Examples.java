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
        wait_for_workers_seconds: 5
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
          - {path: "a/*.jsonl", format: jsonl, field: content, weight: 2}
          - {path: b.parquet, field: input_ids, modality_field: kinds, weight: 1}
          - {path: c.jsonl.gz, prompt_field: question, answer_field: reply, weight: 0}
          - {path: d.jsonl, messages_field: turns, weight: 0.5, max_repeats: 4}
        packed_dir: packed
        add_bos: false
        add_eos: false
        long_documents: drop
        split_positions: keep
        loss_normalization: example
        shuffle: false
        held_out_share: 0.01
        max_bad_share: 0.001
        chat_template: chat.jinja
        modality_loss: share
        modalities:
          - {id: 0, name: text, loss: 0.5}
          - {id: 1, name: vision, loss: 0.5}
        statistics: false
      evaluation:
        every_steps: 20
        rows: 8
        sources:
          - {path: held-out, format: text, field: text}
          - {path: e.jsonl, field: input_ids, modality_field: m}
          - {path: f.jsonl, prompt_field: p, answer_field: a}
          - {path: g.jsonl, messages_field: t}
      parallel: {context: 4, data: 2, layout: contiguous, route: direct, cost: {flops: 5e10, bytes_per_second: 1e9, latency_us: 0}}
      device: {kind: cpu, precision: float32, threads: 3, peer_copies: auto}
      transport:
        kind: in_process
        timeout_seconds: 5
        mtu: 1408
        term_length: 65536
        socket_buffer: 131072
        streams: 3
        threading: dedicated
        idle: busy_spin
        ports: 40000-40099
        network: 10.1.0.0/16
        authentication: on
        encryption: aes-gcm
        secret_file: /etc/annulus/secret
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
          source_weights: [1, 0, 0, 3]
          merge: {method: opcm, alpha: 0.7, with: [a, b], dtype: float64}
      checkpoint: {every_steps: 25, keep: 3}
      spark: {master: "local[4]", conf: {spark.executor.memory: 4g, spark.task.maxFailures: 1}}
      """;

  private Examples() {}
}
