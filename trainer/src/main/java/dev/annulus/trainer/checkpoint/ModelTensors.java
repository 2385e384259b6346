package dev.annulus.trainer.checkpoint;

import dev.annulus.device.Tensor;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.ParameterSpec;
import dev.annulus.trainer.model.Parameters;
import java.util.function.BiConsumer;

/** The weights of a whole model, to be copied tensor by tensor. */
public interface ModelTensors {
  /** All of them. */
  ParameterLayout layout();

  /** Whether a tensor is still there when the next one is shown. */
  boolean areLasting();

  /** Shows each, whole; collective where the ranks share them out. */
  void forEach(BiConsumer<ParameterSpec, Tensor> visit);

  /** Weights that all lie in one memory. */
  static ModelTensors of(Parameters weights) {
    return new ModelTensors() {
      @Override
      public ParameterLayout layout() {
        return weights.layout();
      }

      @Override
      public boolean areLasting() {
        return true;
      }

      @Override
      public void forEach(BiConsumer<ParameterSpec, Tensor> visit) {
        weights.layout().specs().forEach(spec -> visit.accept(spec, weights.get(spec)));
      }
    };
  }
}
