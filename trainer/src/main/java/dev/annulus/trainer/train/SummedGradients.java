package dev.annulus.trainer.train;

import dev.annulus.device.Kernels;
import dev.annulus.trainer.model.ParameterSpec;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.optimizer.GradientClipping;
import dev.annulus.trainer.optimizer.ParameterRange;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Gradients after a reduce-scatter: every rank holds the sums over all ranks in a range of its own,
 * and outside of it nothing that means anything.
 *
 * @param values memory for all of them
 * @param range this rank's
 */
record SummedGradients(Parameters values, ParameterRange range) {
  /** Collective: sums what each rank has, in the order of the ranks. */
  static SummedGradients reduce(TensorCollectives world, Parameters gradients, long step) {
    world.reduceScatterSum(
        gradients.flat(), ParameterRange.parts(gradients.layout(), world.size()), step);
    return new SummedGradients(
        gradients, ParameterRange.of(gradients.layout(), world.rank(), world.size()));
  }

  /** This rank's part of the square of the norm over all tensors. */
  double ownSquares(Kernels kernels) {
    return GradientClipping.sumOfSquares(kernels, values, range);
  }

  /** Collective: the norm of each tensor's gradient, by name; the same bits on all ranks. */
  Map<String, Double> norms(Kernels kernels, TensorCollectives world, long step) {
    double[] squares =
        world.allReduceSum(GradientClipping.sumsOfSquares(kernels, values, range), step);
    List<ParameterSpec> specs = values.layout().specs();
    Map<String, Double> norms = new LinkedHashMap<>();
    for (int i = 0; i < squares.length; i++) {
      norms.put(specs.get(i).name(), Math.sqrt(squares[i]));
    }
    return norms;
  }
}
