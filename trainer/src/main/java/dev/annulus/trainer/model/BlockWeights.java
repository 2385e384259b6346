package dev.annulus.trainer.model;

import dev.annulus.device.Tensor;

/**
 * The weights of one transformer block, or their gradients, of which those of frozen weights are
 * null. Matrices are [out, in], norms [1, hidden].
 */
record BlockWeights(
    Tensor inputNorm,
    Tensor query,
    Tensor key,
    Tensor value,
    Tensor output,
    Tensor feedForwardNorm,
    Tensor gate,
    Tensor up,
    Tensor down) {

  /** Those of {@code layer}; null for what {@code parameters} does not hold. */
  static BlockWeights of(Parameters parameters, int layer) {
    ParameterNames names = new ParameterNames(layer);
    return new BlockWeights(
        parameters.find(names.inputNorm()),
        parameters.find(names.query()),
        parameters.find(names.key()),
        parameters.find(names.value()),
        parameters.find(names.output()),
        parameters.find(names.feedForwardNorm()),
        parameters.find(names.gate()),
        parameters.find(names.up()),
        parameters.find(names.down()));
  }
}
