package dev.annulus.trainer.model;

import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;

/**
 * The weights twice: as an optimiser keeps them, in fp32, and as activations are multiplied by
 * them, which is the same memory if activations are fp32 too. Norms are read in fp32 always.
 *
 * @param master fp32
 * @param compute of the activations' type
 */
public record ModelWeights(Parameters master, Parameters compute) {
  /** Takes the memory of the second kind, if it needs any, and fills it. */
  static ModelWeights of(Parameters master, DataType type, DeviceArena arena, Kernels kernels) {
    if (type == DataType.FLOAT32) {
      return new ModelWeights(master, master);
    }
    ModelWeights weights =
        new ModelWeights(master, Parameters.allocate(arena, master.layout(), type));
    weights.refresh(kernels);
    return weights;
  }

  /** After the master was changed other than by an optimiser that writes both. */
  public void refresh(Kernels kernels) {
    if (compute != master) {
      kernels.copy(master.flat(), compute.flat());
    }
  }

  /** Those of one block. */
  BlockWeights block(int layer) {
    ParameterNames names = new ParameterNames(layer);
    return new BlockWeights(
        norm(names.inputNorm()),
        matrix(names.query()),
        matrix(names.key()),
        matrix(names.value()),
        matrix(names.output()),
        norm(names.feedForwardNorm()),
        matrix(names.gate()),
        matrix(names.up()),
        matrix(names.down()));
  }

  /** Weights of a norm, fp32. */
  Tensor norm(String name) {
    return master.get(name);
  }

  /** A matrix, of the activations' type. */
  Tensor matrix(String name) {
    return compute.get(name);
  }
}
