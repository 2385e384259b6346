package dev.annulus.ring;

import dev.annulus.attention.AttentionKernel;
import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;

/**
 * Attention of one rank's queries to the keys of the ring, folded together block by block in the
 * order of the steps.
 */
final class ForwardPass implements RingPass {
  private final PassContext pass;
  private final AttentionShape shape;
  private final Tensor q;
  private final Tensor sum;
  private final Tensor out;
  private final Tensor lse;
  private final KeyValueFlow keyValues;
  private boolean begun;

  /**
   * A pass.
   *
   * @param sum fp32, what the blocks are folded into
   * @param out what they gave, rounded to its type; may be {@code sum}
   */
  ForwardPass(
      PassContext pass,
      AttentionShape shape,
      Tensor q,
      Block own,
      Tensor sum,
      Tensor out,
      Tensor lse) {
    this.pass = pass;
    this.shape = shape;
    this.q = q;
    this.sum = sum;
    this.out = out;
    this.lse = lse;
    this.keyValues =
        switch (pass.schedule().route()) {
          case RING -> new RingKeyValues(pass, own);
          case DIRECT -> new DirectKeyValues(pass, new DirectOrder(pass.schedule()), own, false);
        };
  }

  @Override
  public int steps() {
    return pass.ranks() + 1;
  }

  @Override
  public boolean isReady(int step) {
    return blocker(step) == null;
  }

  @Override
  public void await(int step) {
    pass.await(step, this::blocker);
  }

  private Pending blocker(int step) {
    Pending opening = pass.opening(step);
    if (opening != null) {
      return opening;
    }
    if (step < pass.ranks()) {
      return keyValues.blocker(step);
    }
    Pending leaving = keyValues.leaving();
    return leaving != null ? leaving : pass.messages().underWay();
  }

  @Override
  public void begin(int step) {
    if (step < pass.ranks()) {
      keyValues.begin(step);
    }
  }

  @Override
  public void compute(int step) {
    if (step == pass.ranks()) {
      end();
      return;
    }
    if (!pass.seesBlock(step)) {
      return;
    }
    long start = System.nanoTime();
    Block held = keyValues.held(step);
    Tensor k = held.k();
    Tensor v = held.v();
    AttentionKernel attention = pass.device().attention();
    Kernels kernels = pass.device().kernels();
    VisibleKeys mask = pass.mask(step);
    if (pass.ranks() == 1) {
      attention.forwardOnly(shape, q, k, v, mask, sum, out, lse, kernels);
    } else if (begun) {
      attention.forward(shape, q, k, v, mask, sum, lse);
    } else {
      attention.forwardFirst(shape, q, k, v, mask, sum, lse, kernels);
    }
    begun = true;
    pass.meter().computed(step, System.nanoTime() - start);
  }

  private void end() {
    Kernels kernels = pass.device().kernels();
    if (!begun) {
      AttentionKernel.clear(sum, lse, kernels);
    }
    if (!begun || pass.ranks() > 1) {
      AttentionKernel.round(sum, out, kernels);
    }
  }
}
