package dev.annulus.trainer.plan;

import dev.annulus.config.ParallelSettings;
import dev.annulus.config.RunConfig;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.ring.RingAttention;
import dev.annulus.trainer.model.ComputeSettings;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.LlamaModel;
import dev.annulus.trainer.model.MemoryPlan;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.model.UnitGradients;
import dev.annulus.trainer.model.WeightMemory;
import dev.annulus.trainer.sharding.RangeExchange;
import dev.annulus.trainer.sharding.ShardedWeights;

/** The weights of a rank on a device that counts: all, or its range and rooms for the others. */
sealed interface MeasuredWeights {
  /** As {@code parallel.sharding} says. */
  static MeasuredWeights allocate(
      RunConfig config, LlamaConfig model, Device device, DeviceArena arena, int rank) {
    if (config.parallel().sharding() == ParallelSettings.Sharding.OPTIMIZER) {
      return new All(Parameters.allocate(arena, ParameterLayout.of(model)));
    }
    RangeExchange nobody = RangeExchange.silent(rank, config.parallel().world());
    return new Range(
        new ShardedWeights(
            arena, device.kernels(), nobody, model, MemoryPlan.typeOf(config.device())));
  }

  /** What training takes beside them. */
  WeightMemory toCome();

  /** Bytes of fp32. */
  long masterBytes();

  /** Bytes of the activations' type, if that is another. */
  long copyBytes(LlamaModel model);

  /** The model that computes with them. */
  LlamaModel model(
      Device device,
      LlamaConfig config,
      RingAttention attention,
      int maxTokens,
      ComputeSettings settings);

  /** Memory of gradients. */
  UnitGradients gradients(DeviceArena arena, LlamaConfig config, ParameterLayout trainable);

  /** All on every rank. */
  record All(Parameters weights) implements MeasuredWeights {
    @Override
    public WeightMemory toCome() {
      return WeightMemory.whole(weights.layout().size());
    }

    @Override
    public long masterBytes() {
      return weights.flat().bytes();
    }

    @Override
    public long copyBytes(LlamaModel model) {
      Parameters compute = model.weights().compute();
      return compute == weights ? 0 : compute.flat().bytes();
    }

    @Override
    public LlamaModel model(
        Device device,
        LlamaConfig config,
        RingAttention attention,
        int maxTokens,
        ComputeSettings settings) {
      return new LlamaModel(device, config, weights, attention, maxTokens, settings);
    }

    @Override
    public UnitGradients gradients(
        DeviceArena arena, LlamaConfig config, ParameterLayout trainable) {
      return UnitGradients.whole(Parameters.allocate(arena, trainable));
    }
  }

  /** A range on every rank. */
  record Range(ShardedWeights weights) implements MeasuredWeights {
    @Override
    public WeightMemory toCome() {
      return weights.toCome();
    }

    @Override
    public long masterBytes() {
      return weights.bytes() - weights.copyBytes();
    }

    @Override
    public long copyBytes(LlamaModel model) {
      return weights.copyBytes();
    }

    @Override
    public LlamaModel model(
        Device device,
        LlamaConfig config,
        RingAttention attention,
        int maxTokens,
        ComputeSettings settings) {
      return new LlamaModel(device, config, weights, attention, maxTokens, settings);
    }

    @Override
    public UnitGradients gradients(
        DeviceArena arena, LlamaConfig config, ParameterLayout trainable) {
      return weights.newGradients(arena, config);
    }
  }
}
