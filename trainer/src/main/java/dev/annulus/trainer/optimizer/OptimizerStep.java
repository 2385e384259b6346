package dev.annulus.trainer.optimizer;

import dev.annulus.config.OptimizerSettings;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import dev.annulus.trainer.model.ModelWeights;
import dev.annulus.trainer.model.ParameterSpec;
import dev.annulus.trainer.model.Parameters;

/** One AdamW update of every trainable tensor; decay only where the layout says so. */
public final class OptimizerStep {
  private OptimizerStep() {}

  /**
   * Updates weights and moments in place.
   *
   * @param weights of the whole model; both kinds are written
   * @param gradients of the trainable tensors, the layout of {@code state}
   * @param clip factor for the gradients, from {@link GradientClipping#factor}
   * @param stepInStage steps of this optimiser, this one included; from 1
   */
  public static void apply(
      Kernels kernels,
      ModelWeights weights,
      Parameters gradients,
      AdamWState state,
      OptimizerSettings settings,
      double learningRate,
      double clip,
      long stepInStage) {
    for (ParameterSpec spec : gradients.layout().specs()) {
      Tensor master = weights.master().get(spec.name());
      double decay = spec.decayed() ? settings.weightDecay() : 0;
      if (weights.compute() == weights.master()) {
        kernels.adamW(
            master,
            gradients.get(spec),
            state.mean().get(spec),
            state.variance().get(spec),
            (float) clip,
            learningRate,
            settings.beta1(),
            settings.beta2(),
            settings.eps(),
            decay,
            stepInStage);
      } else {
        kernels.adamW(
            master,
            gradients.get(spec),
            state.mean().get(spec),
            state.variance().get(spec),
            (float) clip,
            learningRate,
            settings.beta1(),
            settings.beta2(),
            settings.eps(),
            decay,
            stepInStage,
            weights.compute().get(spec.name()));
      }
    }
  }
}
