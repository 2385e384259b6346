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
 * @param q rotated queries, [T, queryHeads * headDim]
 * @param k rotated keys, [T, kvHeads * headDim]
 * @param v values, like k
 * @param attentionSum memory that attention adds up in, fp32, like q; {@code attended} itself if
 *     that is fp32
 * @param attended what attention gives, in the activations' type
 * @param lse its log-sum-exp, [queryHeads, T]
 * @param tokenWise the rest, which needs one token at a time
 */
record BlockActivations(
    Tensor input,
    Tensor q,
    Tensor k,
    Tensor v,
    Tensor attentionSum,
    Tensor attended,
    Tensor lse,
    TokenActivations tokenWise) {

  /** Memory of one block that has no backward pass. */
  static BlockActivations allocate(
      DeviceArena arena, LlamaConfig config, DataType type, int maxTokens) {
    return allocate(
            arena, config, new ComputeSettings(type, Retention.NOTHING), maxTokens, maxTokens, 1)
        .getFirst();
  }

  /**
   * Memory of {@code blocks} blocks. What is not retained they share; what goes to the host is on
   * the device of two blocks at a time: one is worked on while the other's is under way.
   *
   * @param chunk tokens that are worked on at a time
   */
  static List<BlockActivations> allocate(
      DeviceArena arena,
      LlamaConfig config,
      ComputeSettings settings,
      int maxTokens,
      int chunk,
      int blocks) {
    List<BlockActivations> all = new ArrayList<>();
    for (int block = 0; block < blocks; block++) {
      all.add(allocate(arena, config, settings, maxTokens, chunk, all));
    }
    return all;
  }

  private static BlockActivations allocate(
      DeviceArena arena,
      LlamaConfig config,
      ComputeSettings settings,
      int maxTokens,
      int chunk,
      List<BlockActivations> before) {
    DataType type = settings.type();
    int queryColumns = config.attentionShape().queryColumns();
    int kvColumns = config.attentionShape().kvColumns();
    boolean everything = settings.retention() == Retention.EVERYTHING;
    // Whose memory is shared; null where this block has its own.
    BlockActivations first = everything || before.isEmpty() ? null : before.getFirst();
    BlockActivations gone =
        settings.offload() && before.size() >= 2 ? before.get(before.size() - 2) : null;
    boolean nothing = settings.retention() == Retention.NOTHING;
    BlockActivations input = nothing ? first : gone;
    BlockActivations attention = nothing || settings.retention() == Retention.INPUT ? first : gone;
    Tensor attended =
        attention == null ? arena.allocate(type, maxTokens, queryColumns) : attention.attended();
    return new BlockActivations(
        input == null ? arena.allocate(type, maxTokens, config.hiddenSize()) : input.input(),
        first == null ? arena.allocate(type, maxTokens, queryColumns) : first.q(),
        first == null ? arena.allocate(type, maxTokens, kvColumns) : first.k(),
        first == null ? arena.allocate(type, maxTokens, kvColumns) : first.v(),
        sum(arena, attended, before),
        attended,
        attention == null ? arena.allocate(config.queryHeads(), maxTokens) : attention.lse(),
        first == null
            ? TokenActivations.allocate(
                arena,
                config,
                type,
                everything ? maxTokens : Math.min(chunk, maxTokens),
                everything)
            : first.tokenWise());
  }

  /** Nobody needs the fp32 sum once it was rounded: one serves all blocks. */
  private static Tensor sum(DeviceArena arena, Tensor attended, List<BlockActivations> before) {
    if (attended.type() == DataType.FLOAT32) {
      return attended;
    }
    return before.isEmpty()
        ? arena.allocate(attended.rows(), attended.columns())
        : before.getFirst().attentionSum();
  }

  /** The same memory for the given number of tokens. */
  BlockActivations view(int tokens) {
    Tensor attendedView = attended.rows(0, tokens);
    return new BlockActivations(
        input.rows(0, tokens),
        q.rows(0, tokens),
        k.rows(0, tokens),
        v.rows(0, tokens),
        attentionSum.type() == attended.type() ? attendedView : attentionSum.rows(0, tokens),
        attendedView,
        Views.prefix(lse, lse.rows(), tokens),
        tokenWise);
  }
}
