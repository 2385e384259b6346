package dev.annulus.device.cuda;

import dev.annulus.attention.AttentionShape;
import dev.annulus.device.Tensor;

/** One family of attention kernels for the tensor cores: how each is started. */
sealed interface AttentionLaunches permits HopperLaunches, PortableLaunches {
  /** The kernels can write what they give in bf16 too; a ring has use for the last block's only. */
  long NO_ROUNDED_COPY = 0;

  /** Head dims that the family is made for. */
  static boolean take(int headDim) {
    return KernelCatalog.Heads.has(headDim);
  }

  AttentionTiles tiles();

  /**
   * Folds a block into {@code out} and {@code lse}.
   *
   * @param running whether these hold what earlier blocks gave; if not they need not be filled
   */
  void forward(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      TilePlans.Planned block,
      boolean running,
      Tensor out,
      Tensor lse);

  /** Adds to dk and dv. */
  void keyGradients(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor dOut,
      TilePlans.Planned block,
      GradientRows rows,
      Tensor dk,
      Tensor dv);

  /** Adds to dq. */
  void queryGradients(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor dOut,
      TilePlans.Planned block,
      Tensor lse,
      Tensor delta,
      Tensor dq);
}
