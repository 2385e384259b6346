package dev.annulus.trainer.model;

import dev.annulus.device.DataType;

/**
 * How a model computes on its device.
 *
 * @param type of activations and of what they are multiplied by
 * @param retention what is kept of the forward pass
 */
public record ComputeSettings(DataType type, Retention retention) {
  /** fp32, nothing computed twice. */
  public static final ComputeSettings PLAIN =
      new ComputeSettings(DataType.FLOAT32, Retention.EVERYTHING);
}
