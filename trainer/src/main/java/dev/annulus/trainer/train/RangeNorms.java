package dev.annulus.trainer.train;

import dev.annulus.device.Kernels;
import dev.annulus.trainer.model.ParameterSpec;
import dev.annulus.trainer.optimizer.GradientClipping;
import dev.annulus.trainer.optimizer.RangeTensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Norms of tensors of which every rank holds a range. */
final class RangeNorms {
  private RangeNorms() {}

  /** Collective: the norm of each tensor, by name; the same bits on all ranks. */
  static Map<String, Double> of(
      RangeTensor own, Kernels kernels, TensorCollectives world, long step) {
    double[] squares = world.allReduceSum(GradientClipping.sumsOfSquares(kernels, own), step);
    List<ParameterSpec> specs = own.range().layout().specs();
    Map<String, Double> norms = new LinkedHashMap<>();
    for (int i = 0; i < squares.length; i++) {
      norms.put(specs.get(i).name(), Math.sqrt(squares[i]));
    }
    return norms;
  }
}
