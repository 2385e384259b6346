package dev.annulus.trainer.model;

import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;

/**
 * Memory of the backward pass that all blocks share. Of the activations' type, but for the sums
 * that attention adds to, which are fp32 and the same tensors if activations are fp32 too.
 *
 * @param dResidual gradient of the residual stream, [T, hidden]
 * @param dNormed [T, hidden]
 * @param dAttended [T, queryHeads * headDim]
 * @param dq like dAttended
 * @param dk [T, kvHeads * headDim]
 * @param dv like dk
 * @param dqSum like dq
 * @param dkSum like dk
 * @param dvSum like dv
 * @param dActivated [T, intermediate]
 */
record BackwardScratch(
    Tensor dResidual,
    Tensor dNormed,
    Tensor dAttended,
    Tensor dq,
    Tensor dk,
    Tensor dv,
    Tensor dqSum,
    Tensor dkSum,
    Tensor dvSum,
    Tensor dActivated) {

  static BackwardScratch allocate(
      DeviceArena arena, LlamaConfig config, DataType type, int maxTokens) {
    int queryColumns = config.attentionShape().queryColumns();
    int kvColumns = config.attentionShape().kvColumns();
    Tensor dq = arena.allocate(type, maxTokens, queryColumns);
    Tensor dk = arena.allocate(type, maxTokens, kvColumns);
    Tensor dv = arena.allocate(type, maxTokens, kvColumns);
    return new BackwardScratch(
        arena.allocate(type, maxTokens, config.hiddenSize()),
        arena.allocate(type, maxTokens, config.hiddenSize()),
        arena.allocate(type, maxTokens, queryColumns),
        dq,
        dk,
        dv,
        sum(arena, dq),
        sum(arena, dk),
        sum(arena, dv),
        arena.allocate(type, maxTokens, config.intermediateSize()));
  }

  private static Tensor sum(DeviceArena arena, Tensor rounded) {
    return rounded.type() == DataType.FLOAT32
        ? rounded
        : arena.allocate(rounded.rows(), rounded.columns());
  }

  /** The same memory for the given number of tokens. */
  BackwardScratch view(int tokens) {
    Tensor dqView = dq.rows(0, tokens);
    Tensor dkView = dk.rows(0, tokens);
    Tensor dvView = dv.rows(0, tokens);
    boolean rounded = dqSum.type() != dq.type();
    return new BackwardScratch(
        dResidual.rows(0, tokens),
        dNormed.rows(0, tokens),
        dAttended.rows(0, tokens),
        dqView,
        dkView,
        dvView,
        rounded ? dqSum.rows(0, tokens) : dqView,
        rounded ? dkSum.rows(0, tokens) : dkView,
        rounded ? dvSum.rows(0, tokens) : dvView,
        dActivated.rows(0, tokens));
  }
}
