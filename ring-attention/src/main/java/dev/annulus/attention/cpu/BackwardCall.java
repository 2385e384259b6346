package dev.annulus.attention.cpu;

import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.device.Tensor;

/** The arguments of {@link dev.annulus.attention.AttentionKernel#backward}, checked. */
record BackwardCall(
    AttentionShape shape,
    Tensor q,
    Tensor k,
    Tensor v,
    VisibleKeys mask,
    Tensor dOut,
    Tensor lse,
    Tensor delta,
    Tensor dq,
    Tensor dk,
    Tensor dv) {}
