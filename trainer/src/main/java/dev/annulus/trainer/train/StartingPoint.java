package dev.annulus.trainer.train;

import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.optimizer.AdamWState;
import java.util.Optional;
import java.util.SortedSet;

/**
 * What a run goes on from; the same on all ranks, but for the ranges of the moments.
 *
 * @param config as the run's settings say, with the model's own rope_theta
 * @param weights of the model as this rank holds them
 * @param step steps done in the run
 * @param stage index of the stage that comes next, the number of stages if all are done
 * @param stepInStage steps done in it
 * @param begun what is kept of it, if it was begun
 */
record StartingPoint(
    LlamaConfig config,
    RunWeights weights,
    long step,
    int stage,
    int stepInStage,
    Optional<Begun> begun) {
  /**
   * What a stage under way keeps besides the weights.
   *
   * @param frozen names of the tensors that it leaves alone
   * @param optimizer moments of this rank's range of the others; the stage closes them
   */
  record Begun(SortedSet<String> frozen, AdamWState optimizer) {}

  /** Before the first step of a stage. */
  static StartingPoint between(LlamaConfig config, RunWeights weights, long step, int stage) {
    return new StartingPoint(config, weights, step, stage, 0, Optional.empty());
  }

  /** Bytes that it holds on the device. */
  long heldBytes() {
    return weights.bytes() + begun.map(stage -> stage.optimizer().bytes()).orElse(0L);
  }
}
