package dev.annulus.attention.cpu;

/** A way to compute attention on the CPU; arguments have been checked. */
sealed interface AttentionPath permits TiledAttention, PanelAttention {
  /** See {@link dev.annulus.attention.AttentionKernel#forward}. */
  void forward(ForwardCall call);

  /** See {@link dev.annulus.attention.AttentionKernel#backward}. */
  void backward(BackwardCall call);
}
