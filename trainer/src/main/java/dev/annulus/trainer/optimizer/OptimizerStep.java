package dev.annulus.trainer.optimizer;

import dev.annulus.config.OptimizerSettings;
import dev.annulus.device.Kernels;
import dev.annulus.trainer.model.ParameterSpec;
import dev.annulus.trainer.model.Parameters;

/** One AdamW update of every trainable tensor; decay only where the layout says so. */
public final class OptimizerStep {
  private OptimizerStep() {}

  /**
   * Updates weights and moments in place.
   *
   * @param weights of the whole model
   * @param gradients of the trainable tensors, the layout of {@code state}
   * @param clip factor for the gradients, from {@link GradientClipping#factor}
   * @param stepInStage steps of this optimiser, this one included; from 1
   */
  public static void apply(
      Kernels kernels,
      Parameters weights,
      Parameters gradients,
      AdamWState state,
      OptimizerSettings settings,
      double learningRate,
      double clip,
      long stepInStage) {
    for (ParameterSpec spec : gradients.layout().specs()) {
      kernels.adamW(
          weights.get(spec.name()),
          gradients.get(spec),
          state.mean().get(spec),
          state.variance().get(spec),
          (float) clip,
          learningRate,
          settings.beta1(),
          settings.beta2(),
          settings.eps(),
          spec.decayed() ? settings.weightDecay() : 0,
          stepInStage);
    }
  }
}
