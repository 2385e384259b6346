package dev.annulus.trainer.model;

import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;

/**
 * Memory of the backward pass that all blocks share. Of the activations' type, but for the sums
 * that attention adds to, which are fp32. N is the tokens of a chunk.
 *
 * @param dResidual gradient of the residual stream, [T, hidden]
 * @param dAttended [T, queryHeads * headDim]
 * @param dqSum like dAttended
 * @param dkSum [T, kvHeads * headDim]
 * @param dvSum like dkSum
 * @param dq [N, queryHeads * headDim]; null if activations are fp32, and sums need no rounding
 * @param dk [N, kvHeads * headDim]; the same
 * @param dv like dk; the same
 * @param dNormed [N, hidden]
 * @param dActivated [N, intermediate]
 */
record BackwardScratch(
    Tensor dResidual,
    Tensor dAttended,
    Tensor dqSum,
    Tensor dkSum,
    Tensor dvSum,
    Tensor dq,
    Tensor dk,
    Tensor dv,
    Tensor dNormed,
    Tensor dActivated) {

  /**
   * Takes the memory.
   *
   * @param block any of the model's: its fp32 sum of attention is over when gradients are added up
   * @param chunk tokens that are worked on at a time
   */
  static BackwardScratch allocate(
      DeviceArena arena, LlamaConfig config, BlockActivations block, int chunk) {
    DataType type = block.input().type();
    long tokens = block.input().rows();
    int queryColumns = config.attentionShape().queryColumns();
    int kvColumns = config.attentionShape().kvColumns();
    boolean rounded = type != DataType.FLOAT32;
    long rows = Math.min(chunk, tokens);
    return new BackwardScratch(
        arena.allocate(type, tokens, config.hiddenSize()),
        arena.allocate(type, tokens, queryColumns),
        rounded ? block.attentionSum() : arena.allocate(tokens, queryColumns),
        arena.allocate(tokens, kvColumns),
        arena.allocate(tokens, kvColumns),
        rounded ? arena.allocate(type, rows, queryColumns) : null,
        rounded ? arena.allocate(type, rows, kvColumns) : null,
        rounded ? arena.allocate(type, rows, kvColumns) : null,
        arena.allocate(type, rows, config.hiddenSize()),
        arena.allocate(type, rows, config.intermediateSize()));
  }

  /** The same memory for the given number of tokens. */
  BackwardScratch view(int tokens) {
    return new BackwardScratch(
        dResidual.rows(0, tokens),
        dAttended.rows(0, tokens),
        dqSum.rows(0, tokens),
        dkSum.rows(0, tokens),
        dvSum.rows(0, tokens),
        dq,
        dk,
        dv,
        dNormed,
        dActivated);
  }
}
