package dev.annulus.trainer.model;

import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * What one transformer block computes in its forward pass and the backward pass needs. Of the
 * activations' type, statistics fp32.
 *
 * @param input residual stream before the block, [T, hidden]
 * @param inputRms 1 / rms of its rows, [1, T]
 * @param normed after the first norm, [T, hidden]
 * @param q rotated queries, [T, queryHeads * headDim]
 * @param k rotated keys, [T, kvHeads * headDim]
 * @param v values, like k
 * @param attentionSum what attention gives, fp32, like q; {@code attended} itself if that is fp32
 * @param attended the same in the activations' type
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
    Tensor attentionSum,
    Tensor attended,
    Tensor lse,
    Tensor middle,
    Tensor middleRms,
    Tensor middleNormed,
    Tensor gate,
    Tensor up,
    Tensor activated) {

  /** Memory of one block. */
  static BlockActivations allocate(
      DeviceArena arena, LlamaConfig config, DataType type, int maxTokens) {
    return allocate(arena, config, new ComputeSettings(type, Retention.EVERYTHING), maxTokens, 1)
        .getFirst();
  }

  /** Memory of {@code blocks} blocks; what is not retained they share. */
  static List<BlockActivations> allocate(
      DeviceArena arena, LlamaConfig config, ComputeSettings settings, int maxTokens, int blocks) {
    List<BlockActivations> all = new ArrayList<>();
    for (int block = 0; block < blocks; block++) {
      BlockActivations first = all.isEmpty() ? null : all.getFirst();
      all.add(allocate(arena, config, settings, maxTokens, first));
    }
    return all;
  }

  private static BlockActivations allocate(
      DeviceArena arena,
      LlamaConfig config,
      ComputeSettings settings,
      int maxTokens,
      BlockActivations first) {
    DataType type = settings.type();
    int hidden = config.hiddenSize();
    int queryColumns = config.attentionShape().queryColumns();
    int kvColumns = config.attentionShape().kvColumns();
    int intermediate = config.intermediateSize();
    boolean all = first == null || settings.retention() == Retention.EVERYTHING;
    boolean attention = all || settings.retention() == Retention.ATTENTION;
    Tensor attended = attention ? arena.allocate(type, maxTokens, queryColumns) : first.attended();
    return new BlockActivations(
        arena.allocate(type, maxTokens, hidden),
        all ? arena.allocate(1, maxTokens) : first.inputRms(),
        all ? arena.allocate(type, maxTokens, hidden) : first.normed(),
        all ? arena.allocate(type, maxTokens, queryColumns) : first.q(),
        all ? arena.allocate(type, maxTokens, kvColumns) : first.k(),
        all ? arena.allocate(type, maxTokens, kvColumns) : first.v(),
        sum(arena, attended, first),
        attended,
        attention ? arena.allocate(config.queryHeads(), maxTokens) : first.lse(),
        all ? arena.allocate(type, maxTokens, hidden) : first.middle(),
        all ? arena.allocate(1, maxTokens) : first.middleRms(),
        all ? arena.allocate(type, maxTokens, hidden) : first.middleNormed(),
        all ? arena.allocate(type, maxTokens, intermediate) : first.gate(),
        all ? arena.allocate(type, maxTokens, intermediate) : first.up(),
        all ? arena.allocate(type, maxTokens, intermediate) : first.activated());
  }

  /** Nobody needs the fp32 sum once it was rounded: one serves all blocks. */
  private static Tensor sum(DeviceArena arena, Tensor attended, BlockActivations first) {
    if (attended.type() == DataType.FLOAT32) {
      return attended;
    }
    return first == null
        ? arena.allocate(attended.rows(), attended.columns())
        : first.attentionSum();
  }

  /** The same memory for the given number of tokens. */
  BlockActivations view(int tokens) {
    Tensor attendedView = attended.rows(0, tokens);
    return new BlockActivations(
        input.rows(0, tokens),
        Views.prefix(inputRms, 1, tokens),
        normed.rows(0, tokens),
        q.rows(0, tokens),
        k.rows(0, tokens),
        v.rows(0, tokens),
        attentionSum.type() == attended.type() ? attendedView : attentionSum.rows(0, tokens),
        attendedView,
        Views.prefix(lse, lse.rows(), tokens),
        middle.rows(0, tokens),
        Views.prefix(middleRms, 1, tokens),
        middleNormed.rows(0, tokens),
        gate.rows(0, tokens),
        up.rows(0, tokens),
        activated.rows(0, tokens));
  }
}
