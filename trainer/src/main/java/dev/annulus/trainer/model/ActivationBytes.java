package dev.annulus.trainer.model;

import dev.annulus.device.DataType;

/**
 * What a model takes of its device beside weights, gradients and moments: the sizes of {@link
 * BlockActivations}, {@link BackwardScratch} and {@link LossHead}, before any of it is taken.
 */
final class ActivationBytes {
  private static final long FLOAT = DataType.FLOAT32.bytes();

  private ActivationBytes() {}

  /** Bytes for this many tokens. */
  static long of(LlamaConfig config, ComputeSettings settings, boolean hostMemory, long tokens) {
    long kept =
        switch (settings.retention()) {
          case EVERYTHING -> everything(config, settings.type());
          case ATTENTION -> attention(config, settings.type());
          case INPUT -> (long) config.hiddenSize() * settings.type().bytes();
        };
    long perToken =
        everything(config, settings.type())
            + (config.layers() - 1) * kept
            + scratch(config, settings.type());
    long logits =
        Math.min(tokens, LossHead.chunk(config.vocabSize(), hostMemory))
            * config.vocabSize()
            * settings.type().bytes();
    return tokens * perToken + logits;
  }

  /** Of one block and token. */
  private static long everything(LlamaConfig config, DataType type) {
    long q = config.attentionShape().queryColumns();
    long kv = config.attentionShape().kvColumns();
    long elements = 4L * config.hiddenSize() + 2 * q + 2 * kv + 3L * config.intermediateSize();
    return elements * type.bytes() + (2L + config.queryHeads()) * FLOAT;
  }

  private static long attention(LlamaConfig config, DataType type) {
    long q = config.attentionShape().queryColumns();
    return (config.hiddenSize() + q) * type.bytes() + config.queryHeads() * FLOAT;
  }

  /** Of one token, once: sums of attention, the backward pass, the head, rotary tables. */
  private static long scratch(LlamaConfig config, DataType type) {
    long q = config.attentionShape().queryColumns();
    long kv = config.attentionShape().kvColumns();
    long elements = 4L * config.hiddenSize() + 2 * q + 2 * kv + config.intermediateSize();
    long sums = type == DataType.FLOAT32 ? 0 : 2 * q + 2 * kv;
    return elements * type.bytes() + (sums + config.queryHeads() + config.headDim() + 8L) * FLOAT;
  }
}
