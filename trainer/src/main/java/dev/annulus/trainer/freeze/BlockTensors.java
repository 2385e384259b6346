package dev.annulus.trainer.freeze;

import dev.annulus.trainer.model.ParameterNames;
import java.util.List;

/**
 * The weights of a transformer block in the three groups that half fine-tuning halves, each in the
 * order of the computation, by their Hugging Face names.
 *
 * @param attention query, key, value and output projection
 * @param feedForward gate, up and down projection
 * @param norms before attention, before the feed-forward layer
 */
record BlockTensors(List<String> attention, List<String> feedForward, List<String> norms) {
  /** Those of a block, from 0. */
  static BlockTensors of(int block) {
    ParameterNames names = new ParameterNames(block);
    return new BlockTensors(
        List.of(names.query(), names.key(), names.value(), names.output()),
        List.of(names.gate(), names.up(), names.down()),
        List.of(names.inputNorm(), names.feedForwardNorm()));
  }
}
