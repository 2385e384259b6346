package dev.annulus.trainer.train;

import dev.annulus.device.Kernels;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.optimizer.GradientClipping;
import dev.annulus.trainer.optimizer.ParameterRange;
import dev.annulus.trainer.optimizer.RangeTensor;
import java.util.Map;

/**
 * Gradients after a reduce-scatter: every rank holds the sums over all ranks in a range of its own,
 * and outside of it nothing that means anything.
 *
 * @param own the sums in this rank's range
 */
record SummedGradients(RangeTensor own) {
  /** Collective: sums what each rank has, in the order of the ranks. */
  static SummedGradients reduce(TensorCollectives world, Parameters gradients, long step) {
    world.reduceScatterSum(
        gradients.flat(), ParameterRange.parts(gradients.layout(), world.size()), step);
    return new SummedGradients(
        RangeTensor.of(
            gradients, ParameterRange.of(gradients.layout(), world.rank(), world.size())));
  }

  /** This rank's part of the square of the norm over all tensors. */
  double ownSquares(Kernels kernels) {
    return GradientClipping.sumOfSquares(kernels, own);
  }

  /** Collective: the norm of each tensor's gradient, by name; the same bits on all ranks. */
  Map<String, Double> norms(Kernels kernels, TensorCollectives world, long step) {
    return RangeNorms.of(own, kernels, world, step);
  }
}
