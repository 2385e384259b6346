package dev.annulus.trainer.plan;

import dev.annulus.config.OptimizerSettings;
import dev.annulus.config.ParallelSettings;
import dev.annulus.config.StageSettings;
import dev.annulus.device.DataType;
import dev.annulus.ring.RingTraffic;
import dev.annulus.trainer.model.ComputeSettings;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ModelUnit;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.Retention;
import java.util.List;

/** Bytes that all workers of a run together send in one step. */
final class StepTraffic {
  private StepTraffic() {}

  /** Through the rings, for rows that are carried out by one plan. */
  static long ring(
      RingTraffic traffic, LlamaConfig model, ComputeSettings compute, StageSettings stage) {
    long elements = 2L * model.attentionShape().kvColumns();
    long keyValues = elements * compute.type().bytes();
    if (stage.optimizer().name() == OptimizerSettings.Name.ZO_SGD) {
      return 2L * stage.sequencesPerStep() * model.layers() * traffic.forwardBytes(keyValues);
    }
    long gradients = elements * DataType.FLOAT32.bytes();
    // Attention is computed twice where only the blocks' inputs are kept, but for the last block's.
    long again = compute.retention() == Retention.INPUT ? model.layers() - 1 : 0;
    long ofRow =
        (model.layers() + again) * traffic.forwardBytes(keyValues)
            + model.layers() * traffic.backwardBytes(keyValues, gradients);
    return stage.sequencesPerStep() * ofRow;
  }

  /**
   * Gradients, and the weights that they change: of each a rank sends (n - 1) / n, to have a range
   * of its own summed and to hand it out. With full sharding that is once for each pass over a row,
   * and weights of blocks go a second time, for the backward pass.
   */
  static long reduction(
      ParallelSettings parallel,
      StageSettings stage,
      ParameterLayout trainable,
      LlamaConfig model) {
    if (stage.optimizer().name() == OptimizerSettings.Name.ZO_SGD) {
      return 0; // two numbers a rank
    }
    long elements =
        switch (parallel.sharding()) {
          case OPTIMIZER -> 2 * trainable.size();
          case FULL ->
              unitElements(model, Math.ceilDiv(stage.sequencesPerStep(), parallel.data()));
        };
    return (parallel.world() - 1) * elements * DataType.FLOAT32.bytes();
  }

  /**
   * Elements of the units that are gathered and summed in a step. A unit that is still there is not
   * gathered again: the last block behind the forward pass, the first behind the backward pass, and
   * an embedding table that is the head too, with the final norm.
   */
  private static long unitElements(LlamaConfig model, long passes) {
    List<ModelUnit> units = ModelUnit.of(model);
    long ends = units.getFirst().layout().size() + units.getLast().layout().size();
    long block = units.get(1).layout().size();
    long all = ends + model.layers() * block;
    long gathered =
        passes * 2 * (model.layers() - 1) * block
            + block
            + (model.tieWordEmbeddings() ? ends : passes * ends);
    return gathered + passes * all;
  }
}
