package dev.annulus.trainer.optimizer;

import dev.annulus.config.OptimizerSettings;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.trainer.model.ParameterLayout;
import dev.annulus.trainer.model.Parameters;

/**
 * AdamW's moments of the trainable weights, zero at the start of a stage. Owns their memory.
 * Hugging Face and torch call them {@code exp_avg} and {@code exp_avg_sq}.
 */
public final class AdamWState implements AutoCloseable {
  private final DeviceArena arena;
  private final Parameters mean;
  private final Parameters variance;

  /**
   * Zeros.
   *
   * @param trainable tensors that have moments; frozen ones are not part of it
   */
  public AdamWState(Device device, ParameterLayout trainable) {
    this.arena = device.newArena();
    try {
      this.mean = Parameters.allocate(arena, trainable);
      this.variance = Parameters.allocate(arena, trainable);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /** The tensors that have moments: those that are trained, and none of {@code zo_sgd}. */
  public static ParameterLayout layout(OptimizerSettings settings, ParameterLayout trainable) {
    return switch (settings.name()) {
      case ADAMW -> trainable;
      case ZO_SGD -> trainable.filter(name -> false);
    };
  }

  /** First moment, m. */
  public Parameters mean() {
    return mean;
  }

  /** Second moment, v. */
  public Parameters variance() {
    return variance;
  }

  @Override
  public void close() {
    arena.close();
  }
}
