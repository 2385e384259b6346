package dev.annulus.device.reference;

/** AdamW as torch writes it: decay, moments, bias correction, update. In place on doubles. */
public final class ReferenceAdamW {
  private ReferenceAdamW() {}

  /** One step; see {@link dev.annulus.device.Kernels#adamW}. */
  public static void step(
      double[] weights,
      double[] gradient,
      double[] m,
      double[] v,
      double gradientScale,
      double learningRate,
      double beta1,
      double beta2,
      double eps,
      double weightDecay,
      long step) {
    double correction1 = 1 - Math.pow(beta1, (double) step);
    double correction2 = 1 - Math.pow(beta2, (double) step);
    for (int i = 0; i < weights.length; i++) {
      double g = gradient[i] * gradientScale;
      weights[i] -= learningRate * weightDecay * weights[i];
      m[i] = beta1 * m[i] + (1 - beta1) * g;
      v[i] = beta2 * v[i] + (1 - beta2) * g * g;
      double denominator = Math.sqrt(v[i]) / Math.sqrt(correction2) + eps;
      weights[i] -= learningRate / correction1 * m[i] / denominator;
    }
  }
}
