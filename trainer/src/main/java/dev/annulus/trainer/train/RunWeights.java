package dev.annulus.trainer.train;

import dev.annulus.config.ParallelSettings;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.ring.RingAttention;
import dev.annulus.trainer.checkpoint.ModelTensors;
import dev.annulus.trainer.model.ComputeSettings;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.LlamaModel;
import dev.annulus.trainer.model.MemoryPlan;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.model.WeightMemory;
import dev.annulus.config.RunConfig;
import dev.annulus.trainer.sharding.ShardedWeights;
import java.util.function.Consumer;

/** The weights of a run as one rank holds them: all, or its range of them. */
sealed interface RunWeights permits WholeWeights, RangeWeights {
  /** Takes the memory, as {@code parallel.sharding} says. */
  static RunWeights allocate(
      RunConfig config,
      LlamaConfig model,
      Device device,
      DeviceArena arena,
      TensorCollectives world) {
    if (config.parallel().sharding() == ParallelSettings.Sharding.OPTIMIZER) {
      return new WholeWeights(Parameters.allocate(arena, ParameterLayout.of(model)), device);
    }
    return new RangeWeights(
        new ShardedWeights(
            arena, device.kernels(), world, model, MemoryPlan.typeOf(config.device())),
        device);
  }

  /** Of the whole model. */
  ParameterLayout layout();

  /** Bytes on the device. */
  long bytes();

  /** What training takes beside them. */
  WeightMemory toCome();

  /**
   * On rank 0, before {@link #handOut}: where the weights come from.
   *
   * @param source writes the weights of a layout, which may be a subset of the model
   * @throws dev.annulus.config.InvalidInputException if they are not those of the model
   */
  void fill(Consumer<Parameters> source);

  /** Collective: rank 0's weights to all. */
  void handOut(TensorCollectives world, long step);

  /** The model that computes with them. */
  LlamaModel model(
      LlamaConfig config, RingAttention attention, int maxTokens, ComputeSettings settings);

  /** For a checkpoint of a step. */
  ModelTensors tensors(long step);

  /**
   * All weights.
   *
   * @throws IllegalStateException if no rank has them
   */
  Parameters whole();
}
