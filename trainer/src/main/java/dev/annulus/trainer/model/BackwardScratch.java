package dev.annulus.trainer.model;

import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;

/**
 * Memory of the backward pass that all blocks share.
 *
 * @param dResidual gradient of the residual stream, [T, hidden]
 * @param dNormed [T, hidden]
 * @param dAttended [T, queryHeads * headDim]
 * @param dq like dAttended
 * @param dk [T, kvHeads * headDim]
 * @param dv like dk
 * @param dActivated [T, intermediate]
 */
record BackwardScratch(
    Tensor dResidual,
    Tensor dNormed,
    Tensor dAttended,
    Tensor dq,
    Tensor dk,
    Tensor dv,
    Tensor dActivated) {

  static BackwardScratch allocate(DeviceArena arena, LlamaConfig config, int maxTokens) {
    int queryColumns = config.attentionShape().queryColumns();
    int kvColumns = config.attentionShape().kvColumns();
    return new BackwardScratch(
        arena.allocate(maxTokens, config.hiddenSize()),
        arena.allocate(maxTokens, config.hiddenSize()),
        arena.allocate(maxTokens, queryColumns),
        arena.allocate(maxTokens, queryColumns),
        arena.allocate(maxTokens, kvColumns),
        arena.allocate(maxTokens, kvColumns),
        arena.allocate(maxTokens, config.intermediateSize()));
  }

  /** The same memory for the given number of tokens. */
  BackwardScratch view(int tokens) {
    return new BackwardScratch(
        dResidual.rows(0, tokens),
        dNormed.rows(0, tokens),
        dAttended.rows(0, tokens),
        dq.rows(0, tokens),
        dk.rows(0, tokens),
        dv.rows(0, tokens),
        dActivated.rows(0, tokens));
  }
}
