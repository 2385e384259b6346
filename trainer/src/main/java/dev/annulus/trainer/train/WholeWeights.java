package dev.annulus.trainer.train;

import dev.annulus.device.Device;
import dev.annulus.ring.RingAttention;
import dev.annulus.trainer.checkpoint.ModelTensors;
import dev.annulus.trainer.model.ComputeSettings;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.LlamaModel;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.Parameters;
import dev.annulus.trainer.model.WeightMemory;
import java.util.function.Consumer;

/** All weights on every rank. */
record WholeWeights(Parameters whole, Device device) implements RunWeights {
  @Override
  public ParameterLayout layout() {
    return whole.layout();
  }

  @Override
  public long bytes() {
    return whole.flat().bytes();
  }

  @Override
  public WeightMemory toCome() {
    return WeightMemory.whole(layout().size());
  }

  @Override
  public void fill(Consumer<Parameters> source) {
    source.accept(whole);
  }

  @Override
  public void handOut(TensorCollectives world, long step) {
    world.broadcast(whole.flat(), step);
  }

  @Override
  public LlamaModel model(
      LlamaConfig config, RingAttention attention, int maxTokens, ComputeSettings settings) {
    return new LlamaModel(device, config, whole, attention, maxTokens, settings);
  }

  @Override
  public ModelTensors tensors(long step) {
    return ModelTensors.of(whole);
  }
}
