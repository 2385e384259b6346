package dev.annulus.trainer.optimizer;

import dev.annulus.device.Kernels;
import dev.annulus.trainer.model.Parameters;

/** Clipping by the global L2 norm over all trainable gradients, as torch does it. */
public final class GradientClipping {
  /** torch's guard against a division by zero. */
  private static final double EPSILON = 1e-6;

  private GradientClipping() {}

  /** The norm over all tensors, in double and in a fixed order. Gaps hold zeros. */
  public static double norm(Kernels kernels, Parameters gradients) {
    return Math.sqrt(kernels.sumOfSquares(gradients.flat()));
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
