package dev.annulus.trainer.train;

import dev.annulus.collective.Parts;
import dev.annulus.device.Kernels;
import dev.annulus.trainer.model.ModelWeights;
import dev.annulus.trainer.model.ParameterSpec;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.optimizer.ParameterRange;

/**
 * Hands out the weights after an update in which every rank has renewed a range of its own. Only
 * trainable weights travel: where some are frozen, the others are lined up in the memory of the
 * gradients, which are used up by then.
 */
final class WeightGathering {
  private WeightGathering() {}

  /**
   * Collective.
   *
   * @param weights of the whole model; both kinds are the new ones afterwards
   * @param free memory of the trainable tensors' layout; overwritten
   */
  static void gather(
      TensorCollectives world, Kernels kernels, ModelWeights weights, Parameters free, long step) {
    if (world.size() == 1) {
      return;
    }
    Parameters master = weights.master();
    Parts parts = ParameterRange.parts(free.layout(), world.size());
    if (free.layout().specs().equals(master.layout().specs())) {
      world.allGather(master.flat(), parts, step);
    } else {
      ParameterRange own = ParameterRange.of(free.layout(), world.rank(), world.size());
      for (ParameterRange.Piece piece : own.pieces()) {
        String name = piece.spec().name();
        kernels.copy(
            master.get(name, piece.from(), piece.to()), free.get(name, piece.from(), piece.to()));
      }
      world.allGather(free.flat(), parts, step);
      for (ParameterSpec spec : free.layout().specs()) {
        kernels.copy(free.get(spec), master.get(spec.name()));
      }
    }
    weights.refresh(kernels);
  }
}
