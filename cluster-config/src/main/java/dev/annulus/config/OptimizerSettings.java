package dev.annulus.config;

/**
 * {@code optimizer:} decay is decoupled, on 2-D weights that are not embeddings.
 *
 * @param name default adamw
 * @param beta1 first of {@code betas}; default 0.9; 0 for {@code zo_sgd}
 * @param beta2 second of {@code betas}; default 0.95; 0 for {@code zo_sgd}
 * @param eps of {@code adamw}, added to the root of the second moment, default 1e-8; of {@code
 *     zo_sgd}, how far weights are shifted along the direction, default 1e-3
 * @param weightDecay default 0.1; 0 for {@code zo_sgd}
 * @param maxGradNorm global L2 norm that gradients are clipped to; 0 means no clipping; default 1;
 *     0 for {@code zo_sgd}
 */
public record OptimizerSettings(
    Name name, double beta1, double beta2, double eps, double weightDecay, double maxGradNorm) {
  /** The update rule. */
  public enum Name {
    ADAMW,
    /** Two forward passes a step, no gradients (MeZO, Malladi et al. 2023). */
    ZO_SGD
  }

  /** {@code zo_sgd}. */
  public static OptimizerSettings zerothOrder(double eps, double weightDecay) {
    return new OptimizerSettings(Name.ZO_SGD, 0, 0, eps, weightDecay, 0);
  }
}
