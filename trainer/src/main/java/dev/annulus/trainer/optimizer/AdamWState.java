package dev.annulus.trainer.optimizer;

import dev.annulus.config.OptimizerSettings;
import dev.annulus.device.DataType;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;
import dev.annulus.trainer.model.ParameterLayout;

/**
 * AdamW's moments of a range of the trainable weights, zero at the start of a stage. Owns their
 * memory. Hugging Face and torch call them {@code exp_avg} and {@code exp_avg_sq}.
 */
public final class AdamWState implements AutoCloseable {
  private final ParameterRange range;
  private final DeviceArena arena;
  private final Tensor mean;
  private final Tensor variance;

  /**
   * Zeros.
   *
   * @param range elements that have moments here; frozen tensors are not part of it
   */
  public AdamWState(Device device, ParameterRange range) {
    this.range = range;
    this.arena = device.newArena();
    try {
      this.mean = arena.allocate(DataType.FLOAT32, 1, range.size());
      this.variance = arena.allocate(DataType.FLOAT32, 1, range.size());
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

  /** Zeros for all of a layout. */
  public AdamWState(Device device, ParameterLayout trainable) {
    this(device, ParameterRange.whole(trainable));
  }

  /** Whose moments these are. */
  public ParameterRange range() {
    return range;
  }

  /** First moment, m: fp32 [1, range().size()]. */
  public Tensor mean() {
    return mean;
  }

  /** Second moment, v: fp32 [1, range().size()]. */
  public Tensor variance() {
    return variance;
  }

  /** Bytes on the device. */
  public long bytes() {
    return mean.bytes() + variance.bytes();
  }

  /** The elements of a piece in one of the two moments, [1, piece.size()]. */
  public Tensor of(ParameterRange.Piece piece, Tensor moment) {
    long start = piece.spec().offset() + piece.from() - range.from();
    return moment
        .reshape(moment.size(), 1)
        .rows(start, start + piece.size())
        .reshape(1, piece.size());
  }

  @Override
  public void close() {
    arena.close();
  }
}
