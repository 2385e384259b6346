package dev.annulus.trainer.model;

import dev.annulus.device.DataType;

/**
 * How a model computes on its device.
 *
 * @param type of activations and of what they are multiplied by
 * @param retention what is kept of the forward pass
 * @param offload whether what is kept waits in memory of the host
 */
public record ComputeSettings(DataType type, Retention retention, boolean offload) {
  /** fp32, nothing computed twice. */
  public static final ComputeSettings PLAIN =
      new ComputeSettings(DataType.FLOAT32, Retention.EVERYTHING);

  public ComputeSettings {
    if (offload && retention == Retention.EVERYTHING) {
      throw new IllegalArgumentException(
          "everything to the host: more to move than to compute again");
    }
    if (offload && retention == Retention.NOTHING) {
      throw new IllegalArgumentException("nothing to the host");
    }
  }

  /** Whether a backward pass may follow a forward pass. */
  public boolean hasBackward() {
    return retention != Retention.NOTHING;
  }

  /** What is kept stays on the device. */
  public ComputeSettings(DataType type, Retention retention) {
    this(type, retention, false);
  }
}
