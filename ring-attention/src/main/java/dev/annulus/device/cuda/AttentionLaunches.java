package dev.annulus.device.cuda;

import dev.annulus.attention.AttentionShape;
import dev.annulus.device.Tensor;

/** One family of attention kernels for the tensor cores: how each is started. */
sealed interface AttentionLaunches permits HopperLaunches, PortableLaunches {
  /** Head dims that the family is made for. */
  static boolean take(int headDim) {
    return KernelCatalog.Heads.has(headDim);
  }

  AttentionTiles tiles();

  /** Whether gradients of a first block can go over what is there: else they must be filled. */
  boolean putsGradients();

  /**
   * Folds a block into {@code out} and {@code lse}.
   *
   * @param running whether these hold what earlier blocks gave; if not they need not be filled
   * @param out fp32, or null to keep nothing of it, if nothing runs
   * @param rounded bf16, the same rounded; null for none
   */
  void forward(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      TilePlans.Planned block,
      boolean running,
      Tensor out,
      Tensor rounded,
      Tensor lse);

  /**
   * Adds to dk and dv.
   *
   * @param running whether these hold what earlier blocks gave; see {@link #putsGradients}
   */
  void keyGradients(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor dOut,
      TilePlans.Planned block,
      GradientRows rows,
      boolean running,
      Tensor dk,
      Tensor dv);

  /**
   * Adds to dq.
   *
   * @param running whether it holds what earlier blocks gave; see {@link #putsGradients}
   */
  void queryGradients(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor dOut,
      TilePlans.Planned block,
      Tensor lse,
      Tensor delta,
      boolean running,
      Tensor dq);
}
