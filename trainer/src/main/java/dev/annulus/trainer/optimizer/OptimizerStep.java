package dev.annulus.trainer.optimizer;

import dev.annulus.config.OptimizerSettings;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import dev.annulus.trainer.model.ModelWeights;
import dev.annulus.trainer.model.Parameters;
import java.util.Optional;

/** One AdamW update of a range of the trainable weights; decay only where the layout says so. */
public final class OptimizerStep {
  private OptimizerStep() {}

  /**
   * Updates the elements of the state's range in place, weights and moments. Elements are updated
   * each by itself, so the bits do not depend on where ranges begin.
   *
   * @param weights of the whole model; both kinds are written
   * @param gradients of the trainable tensors, the layout of the state's range
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
    apply(
        kernels,
        piece -> of(piece, weights.master()),
        weights.compute() == weights.master()
            ? Optional.empty()
            : Optional.of(piece -> of(piece, weights.compute())),
        piece -> of(piece, gradients),
        state,
        settings,
        learningRate,
        clip,
        stepInStage);
  }

  /** Where the elements of a piece lie, [1, piece.size()]. */
  @FunctionalInterface
  public interface Place {
    Tensor of(ParameterRange.Piece piece);
  }

  /**
   * The same, with weights and gradients wherever they lie.
   *
   * @param copies weights of the activations' type, if they are others and are kept
   */
  public static void apply(
      Kernels kernels,
      Place masters,
      Optional<Place> copies,
      Place gradients,
      AdamWState state,
      OptimizerSettings settings,
      double learningRate,
      double clip,
      long stepInStage) {
    for (ParameterRange.Piece piece : state.range().pieces()) {
      Tensor master = masters.of(piece);
      Tensor gradient = gradients.of(piece);
      Tensor mean = state.of(piece, state.mean());
      Tensor variance = state.of(piece, state.variance());
      double decay = piece.spec().decayed() ? settings.weightDecay() : 0;
      if (copies.isEmpty()) {
        kernels.adamW(
            master,
            gradient,
            mean,
            variance,
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
            gradient,
            mean,
            variance,
            (float) clip,
            learningRate,
            settings.beta1(),
            settings.beta2(),
            settings.eps(),
            decay,
            stepInStage,
            copies.get().of(piece));
      }
    }
  }

  private static Tensor of(ParameterRange.Piece piece, Parameters parameters) {
    return parameters.get(piece.spec().name(), piece.from(), piece.to());
  }
}
