package dev.annulus.attention.reference;

import dev.annulus.attention.AttentionKernel;
import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.AttentionShapes;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.attention.reference.ReferenceAttention.Gradients;
import dev.annulus.attention.reference.ReferenceAttention.Partial;
import dev.annulus.device.HostDoubles;
import dev.annulus.device.Tensor;

/**
 * {@link ReferenceAttention} on fp32 tensors of the CPU: doubles inside, rounded once at the end.
 */
public final class ReferenceAttentionKernel implements AttentionKernel {
  @Override
  public void forward(
      AttentionShape shape,
      Tensor q,
      Tensor k,
      Tensor v,
      VisibleKeys mask,
      Tensor out,
      Tensor lse) {
    AttentionShapes.checkForward(AttentionShapes.FLOATS, shape, q, k, v, mask, out, lse);
    Partial block =
        ReferenceAttention.forward(
            shape, HostDoubles.read(q), HostDoubles.read(k), HostDoubles.read(v), mask);
    Partial before = new Partial(HostDoubles.read(out), HostDoubles.read(lse));
    Partial after = ReferenceAttention.merge(shape, before, block);
    HostDoubles.write(after.out(), out);
    HostDoubles.write(after.lse(), lse);
  }

  @Override
  public void backward(
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
      Tensor dv) {
    AttentionShapes.checkBackward(
        AttentionShapes.FLOATS, shape, q, k, v, mask, dOut, lse, delta, dq, dk, dv);
    Gradients gradients =
        ReferenceAttention.backward(
            shape,
            HostDoubles.read(q),
            HostDoubles.read(k),
            HostDoubles.read(v),
            mask,
            HostDoubles.read(dOut),
            HostDoubles.read(lse),
            HostDoubles.read(delta));
    HostDoubles.add(gradients.dq(), dq);
    HostDoubles.add(gradients.dk(), dk);
    HostDoubles.add(gradients.dv(), dv);
  }

  @Override
  public void delta(AttentionShape shape, Tensor out, Tensor dOut, Tensor delta) {
    AttentionShapes.checkDelta(AttentionShapes.FLOATS, shape, out, dOut, delta);
    HostDoubles.write(
        ReferenceAttention.delta(shape, HostDoubles.read(out), HostDoubles.read(dOut)), delta);
  }
}
