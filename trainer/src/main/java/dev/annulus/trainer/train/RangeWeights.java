package dev.annulus.trainer.train;

import dev.annulus.device.Device;
import dev.annulus.device.Tensor;
import dev.annulus.ring.RingAttention;
import dev.annulus.trainer.checkpoint.ModelTensors;
import dev.annulus.trainer.model.ComputeSettings;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.LlamaModel;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.ParameterSpec;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.model.WeightMemory;
import dev.annulus.trainer.sharding.ShardedWeights;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** A range of the weights on every rank. */
final class RangeWeights implements RunWeights {
  private final ShardedWeights sharded;
  private final Device device;
  private Optional<Consumer<Parameters>> source = Optional.empty();

  RangeWeights(ShardedWeights sharded, Device device) {
    this.sharded = sharded;
    this.device = device;
  }

  /** For the update. */
  ShardedWeights sharded() {
    return sharded;
  }

  @Override
  public ParameterLayout layout() {
    return sharded.layout();
  }

  @Override
  public long bytes() {
    return sharded.bytes();
  }

  @Override
  public WeightMemory toCome() {
    return sharded.toCome();
  }

  /** Reads the first unit only: the others have no room before they are handed out. */
  @Override
  public void fill(Consumer<Parameters> newSource) {
    sharded.probe(newSource);
    source = Optional.of(newSource);
  }

  @Override
  public void handOut(TensorCollectives world, long step) {
    sharded.receive(room -> source.orElseThrow().accept(room), step);
  }

  @Override
  public LlamaModel model(
      LlamaConfig config, RingAttention attention, int maxTokens, ComputeSettings settings) {
    return new LlamaModel(device, config, sharded, attention, maxTokens, settings);
  }

  @Override
  public ModelTensors tensors(long step) {
    return new ModelTensors() {
      @Override
      public ParameterLayout layout() {
        return sharded.layout();
      }

      @Override
      public boolean areLasting() {
        return false;
      }

      @Override
      public void forEach(BiConsumer<ParameterSpec, Tensor> visit) {
        sharded.forEach(visit, step);
      }
    };
  }

  @Override
  public Parameters whole() {
    throw new IllegalStateException("the weights are shared out over the ranks");
  }
}
