package dev.annulus.config;

/**
 * {@code optimizer:} AdamW with decoupled decay on 2-D weights that are not embeddings.
 *
 * @param name default adamw
 * @param beta1 first of {@code betas}; default 0.9
 * @param beta2 second of {@code betas}; default 0.95
 * @param eps default 1e-8
 * @param weightDecay default 0.1
 * @param maxGradNorm global L2 norm that gradients are clipped to; 0 means no clipping; default 1
 */
public record OptimizerSettings(
    Name name, double beta1, double beta2, double eps, double weightDecay, double maxGradNorm) {
  /** The update rule. */
  public enum Name {
    ADAMW
  }
}
