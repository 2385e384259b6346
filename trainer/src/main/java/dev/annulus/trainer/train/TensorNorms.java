package dev.annulus.trainer.train;

import dev.annulus.device.Kernels;
import dev.annulus.trainer.model.ParameterSpec;
import dev.annulus.trainer.model.Parameters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Norms of a step's gradients and of the weights that they belong to, tensor by tensor.
 *
 * @param tensors names
 * @param gradients L2 norms, one for each name
 * @param weights L2 norms before the update
 */
public record TensorNorms(
    ArrayList<String> tensors, ArrayList<Double> gradients, ArrayList<Double> weights) {
  /** Where there are no gradients. */
  static final TensorNorms NONE = of(Map.of(), List.of());

  /** The norm of each tensor, by name. */
  static Map<String, Double> of(Kernels kernels, Parameters parameters) {
    Map<String, Double> norms = new LinkedHashMap<>();
    for (ParameterSpec spec : parameters.layout().specs()) {
      norms.put(spec.name(), Math.sqrt(kernels.sumOfSquares(parameters.get(spec))));
    }
    return norms;
  }

  /** Of the gradients by name, and weights in the same order. */
  static TensorNorms of(Map<String, Double> gradients, List<Double> weights) {
    return new TensorNorms(
        new ArrayList<>(gradients.keySet()),
        new ArrayList<>(gradients.values()),
        new ArrayList<>(weights));
  }
}
