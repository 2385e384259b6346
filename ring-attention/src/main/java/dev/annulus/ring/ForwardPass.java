package dev.annulus.ring;

import dev.annulus.attention.AttentionKernel;
import dev.annulus.attention.AttentionShape;
import dev.annulus.device.Tensor;

/**
 * Attention of one rank's queries to the keys of the ring, folded together block by block in the
 * order of the steps.
 */
final class ForwardPass implements RingPass {
  private final PassContext pass;
  private final AttentionShape shape;
  private final Tensor q;
  private final Tensor out;
  private final Tensor lse;
  private final KeyValueFlow keyValues;
  private boolean begun;

  ForwardPass(PassContext pass, AttentionShape shape, Tensor q, Block own, Tensor out, Tensor lse) {
    this.pass = pass;
    this.shape = shape;
    this.q = q;
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
    if (step == pass.ranks() && !begun) {
      AttentionKernel.clear(out, lse, pass.device().kernels());
    }
    if (step == pass.ranks() || !pass.seesBlock(step)) {
      return;
    }
    long start = System.nanoTime();
    Block held = keyValues.held(step);
    AttentionKernel attention = pass.device().attention();
    if (begun) {
      attention.forward(shape, q, held.k(), held.v(), pass.mask(step), out, lse);
    } else {
      attention.forwardFirst(
          shape, q, held.k(), held.v(), pass.mask(step), out, lse, pass.device().kernels());
      begun = true;
    }
    pass.meter().computed(step, System.nanoTime() - start);
  }
}
