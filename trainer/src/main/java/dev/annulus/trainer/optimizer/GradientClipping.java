package dev.annulus.trainer.optimizer;

import dev.annulus.device.Kernels;
import dev.annulus.trainer.model.Parameters;
import java.util.HashMap;
import java.util.Map;

/** Clipping by the global L2 norm over all trainable gradients, as torch does it. */
public final class GradientClipping {
  /** torch's guard against a division by zero. */
  private static final double EPSILON = 1e-6;

  private GradientClipping() {}

  /** The norm over all tensors, in double and in a fixed order. Gaps hold zeros. */
  public static double norm(Kernels kernels, Parameters gradients) {
    return Math.sqrt(sumOfSquares(kernels, gradients, ParameterRange.whole(gradients.layout())));
  }

  /**
   * The part of a range in the square of the norm; the sum over the ranges of all ranks, in their
   * order, is all of it.
   */
  public static double sumOfSquares(Kernels kernels, Parameters gradients, ParameterRange range) {
    return sumOfSquares(kernels, RangeTensor.of(gradients, range));
  }

  /** The part of a range in the square of the norm. */
  public static double sumOfSquares(Kernels kernels, RangeTensor gradients) {
    return gradients.range().size() == 0 ? 0 : kernels.sumOfSquares(gradients.values());
  }

  /**
   * The parts of a range in the square of each tensor's norm, in the order of the layout; summed
   * over all ranks they say which tensor a value came from.
   */
  public static double[] sumsOfSquares(
      Kernels kernels, Parameters gradients, ParameterRange range) {
    return sumsOfSquares(kernels, RangeTensor.of(gradients, range));
  }

  /** The parts of a range in the square of each tensor's norm, in the order of the layout. */
  public static double[] sumsOfSquares(Kernels kernels, RangeTensor numbers) {
    Map<String, Double> parts = new HashMap<>();
    for (ParameterRange.Piece piece : numbers.range().pieces()) {
      parts.put(piece.spec().name(), kernels.sumOfSquares(numbers.of(piece)));
    }
    return numbers.range().layout().specs().stream()
        .mapToDouble(spec -> parts.getOrDefault(spec.name(), 0.0))
        .toArray();
  }

  /**
   * What gradients are multiplied by: {@code maxNorm / (norm + 1e-6)}, at most 1.
   *
   * @param maxNorm 0 for no clipping
   */
  public static double factor(double norm, double maxNorm) {
    return maxNorm == 0 ? 1 : Math.min(1, maxNorm / (norm + EPSILON));
  }
}
