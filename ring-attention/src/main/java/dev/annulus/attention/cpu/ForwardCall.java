package dev.annulus.attention.cpu;

import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.device.Tensor;

/** The arguments of {@link dev.annulus.attention.AttentionKernel#forward}, checked. */
record ForwardCall(
    AttentionShape shape, Tensor q, Tensor k, Tensor v, VisibleKeys mask, Tensor out, Tensor lse) {}
