package dev.annulus.trainer.model;

import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;

/**
 * What a block computes of each token by itself. N is all of a worker's tokens if it is kept, else
 * those of a chunk, over which the next one goes. Of the activations' type, statistics fp32.
 *
 * @param kept whether there is room for all tokens
 * @param inputRms 1 / rms of the input's rows, [1, N]
 * @param normed after the first norm, [N, hidden]
 * @param middle residual stream after attention, [N, hidden]
 * @param middleRms 1 / rms of its rows, [1, N]
 * @param middleNormed after the second norm, [N, hidden]
 * @param gate [N, intermediate]; the backward pass turns it into its gradient
 * @param up [N, intermediate]; the same
 * @param activated silu(gate) * up, [N, intermediate]
 */
record TokenActivations(
    boolean kept,
    Tensor inputRms,
    Tensor normed,
    Tensor middle,
    Tensor middleRms,
    Tensor middleNormed,
    Tensor gate,
    Tensor up,
    Tensor activated) {

  static TokenActivations allocate(
      DeviceArena arena, LlamaConfig config, DataType type, int rows, boolean kept) {
    int hidden = config.hiddenSize();
    int intermediate = config.intermediateSize();
    return new TokenActivations(
        kept,
        arena.allocate(1, rows),
        arena.allocate(type, rows, hidden),
        arena.allocate(type, rows, hidden),
        arena.allocate(1, rows),
        arena.allocate(type, rows, hidden),
        arena.allocate(type, rows, intermediate),
        arena.allocate(type, rows, intermediate),
        arena.allocate(type, rows, intermediate));
  }

  /** Memory of tokens {@code from} to {@code to}, not more than a chunk. */
  TokenActivations of(int from, int to) {
    int start = kept ? from : 0;
    int end = kept ? to : to - from;
    return new TokenActivations(
        kept,
        Views.range(inputRms, start, end),
        normed.rows(start, end),
        middle.rows(start, end),
        Views.range(middleRms, start, end),
        middleNormed.rows(start, end),
        gate.rows(start, end),
        up.rows(start, end),
        activated.rows(start, end));
  }
}
