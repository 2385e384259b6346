package dev.annulus.trainer.optimizer;

import dev.annulus.device.Tensor;
import dev.annulus.trainer.model.ParameterSpec;
import dev.annulus.trainer.model.Parameters;

/**
 * Numbers of a range of the weights: masters, gradients or moments.
 *
 * @param values fp32 [1, range.size()]
 * @param range whose they are
 */
public record RangeTensor(Tensor values, ParameterRange range) {
  /** The elements of a range in memory of all; a view. */
  public static RangeTensor of(Parameters all, ParameterRange range) {
    return new RangeTensor(slice(all.flat(), range.from(), range.to()), range);
  }

  /**
   * The elements of a piece of the range, [1, piece.size()].
   *
   * @param piece its tensor is found by its name
   */
  public Tensor of(ParameterRange.Piece piece) {
    ParameterSpec spec = range.layout().find(piece.spec().name());
    return slice(
        values,
        spec.offset() + piece.from() - range.from(),
        spec.offset() + piece.to() - range.from());
  }

  /** Elements {@code from} (inclusive) to {@code to} (exclusive) of a flat tensor, [1, to - from]. */
  public static Tensor slice(Tensor flat, long from, long to) {
    return flat.reshape(flat.size(), 1).rows(from, to).reshape(1, to - from);
  }
}
