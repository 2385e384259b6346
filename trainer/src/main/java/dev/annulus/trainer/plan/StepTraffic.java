package dev.annulus.trainer.plan;

import dev.annulus.config.OptimizerSettings;
import dev.annulus.config.ParallelSettings;
import dev.annulus.config.StageSettings;
import dev.annulus.device.DataType;
import dev.annulus.ring.RingTraffic;
import dev.annulus.trainer.model.ComputeSettings;
import dev.annulus.trainer.model.LlamaConfig;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.Retention;

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
   * of its own summed and to hand it out.
   */
  static long reduction(ParallelSettings parallel, StageSettings stage, ParameterLayout trainable) {
    if (stage.optimizer().name() == OptimizerSettings.Name.ZO_SGD) {
      return 0; // two numbers a rank
    }
    return 2L * (parallel.world() - 1) * trainable.size() * DataType.FLOAT32.bytes();
  }
}
