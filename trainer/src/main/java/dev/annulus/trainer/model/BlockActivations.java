package dev.annulus.trainer.model;

import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;

/**
 * What one transformer block keeps of its forward pass for the backward pass.
 *
 * @param input residual stream before the block, [T, hidden]
 * @param inputRms 1 / rms of its rows, [1, T]
 * @param normed after the first norm, [T, hidden]
 * @param q rotated queries, [T, queryHeads * headDim]
 * @param k rotated keys, [T, kvHeads * headDim]
 * @param v values, like k
 * @param attended what attention gives, like q
 * @param lse its log-sum-exp, [queryHeads, T]
 * @param middle residual stream after attention, [T, hidden]
 * @param middleRms 1 / rms of its rows, [1, T]
 * @param middleNormed after the second norm, [T, hidden]
 * @param gate [T, intermediate]; the backward pass turns it into its gradient
 * @param up [T, intermediate]; the same
 * @param activated silu(gate) * up, [T, intermediate]
 */
record BlockActivations(
    Tensor input,
    Tensor inputRms,
    Tensor normed,
    Tensor q,
    Tensor k,
    Tensor v,
    Tensor attended,
    Tensor lse,
    Tensor middle,
    Tensor middleRms,
    Tensor middleNormed,
    Tensor gate,
    Tensor up,
    Tensor activated) {

  static BlockActivations allocate(DeviceArena arena, LlamaConfig config, int maxTokens) {
    int hidden = config.hiddenSize();
    int queryColumns = config.attentionShape().queryColumns();
    int kvColumns = config.attentionShape().kvColumns();
    int intermediate = config.intermediateSize();
    return new BlockActivations(
        arena.allocate(maxTokens, hidden),
        arena.allocate(1, maxTokens),
        arena.allocate(maxTokens, hidden),
        arena.allocate(maxTokens, queryColumns),
        arena.allocate(maxTokens, kvColumns),
        arena.allocate(maxTokens, kvColumns),
        arena.allocate(maxTokens, queryColumns),
        arena.allocate(config.queryHeads(), maxTokens),
        arena.allocate(maxTokens, hidden),
        arena.allocate(1, maxTokens),
        arena.allocate(maxTokens, hidden),
        arena.allocate(maxTokens, intermediate),
        arena.allocate(maxTokens, intermediate),
        arena.allocate(maxTokens, intermediate));
  }

  /** The same memory for the given number of tokens. */
  BlockActivations view(int tokens) {
    return new BlockActivations(
        input.rows(0, tokens),
        Views.prefix(inputRms, 1, tokens),
        normed.rows(0, tokens),
        q.rows(0, tokens),
        k.rows(0, tokens),
        v.rows(0, tokens),
        attended.rows(0, tokens),
        Views.prefix(lse, lse.rows(), tokens),
        middle.rows(0, tokens),
        Views.prefix(middleRms, 1, tokens),
        middleNormed.rows(0, tokens),
        gate.rows(0, tokens),
        up.rows(0, tokens),
        activated.rows(0, tokens));
  }
}
