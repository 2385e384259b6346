package dev.annulus.ring;

import dev.annulus.attention.AttentionKernel;
import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;

/**
 * Gradients of one rank's queries, keys and values. Keys and values travel as in the forward pass;
 * of each block every rank that sees it finds a share of the gradients, and these travel home.
 */
final class BackwardPass implements RingPass {
  private final PassContext pass;
  private final AttentionShape shape;
  private final Tensor q;
  private final Tensor dOut;
  private final Tensor lse;
  private final Tensor delta;
  private final Tensor dq;
  private final Block ownGradients;
  private final KeyValueFlow keyValues;
  private final GradientFlow gradients;

  BackwardPass(
      PassContext pass,
      AttentionShape shape,
      Tensor q,
      Block own,
      Tensor dOut,
      Tensor lse,
      Tensor delta,
      Tensor dq,
      Block ownGradients) {
    this.pass = pass;
    this.shape = shape;
    this.q = q;
    this.dOut = dOut;
    this.lse = lse;
    this.delta = delta;
    this.dq = dq;
    this.ownGradients = ownGradients;
    switch (pass.schedule().route()) {
      case RING -> {
        keyValues = new RingKeyValues(pass, own);
        gradients = new RingGradients(pass);
      }
      case DIRECT -> {
        DirectOrder order = new DirectOrder(pass.schedule());
        DirectKeyValues direct = new DirectKeyValues(pass, order, own, true);
        keyValues = direct;
        gradients = new DirectGradients(pass, order, direct);
      }
      default -> throw new IllegalArgumentException("route " + pass.schedule().route());
    }
  }

  /** One more for gradients behind the last block, and one for what comes home. */
  @Override
  public int steps() {
    return pass.ranks() + 2;
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
    boolean last = step == steps() - 1;
    Pending blocker = last ? gradients.underWay() : gradients.blocker(step);
    if (blocker != null) {
      return blocker;
    }
    if (!last) {
      return step < pass.ranks() ? keyValues.blocker(step) : null;
    }
    Pending leaving = keyValues.leaving();
    return leaving != null ? leaving : pass.messages().underWay();
  }

  @Override
  public void begin(int step) {
    if (step == steps() - 1) {
      gradients.addHome(ownGradients);
      return;
    }
    gradients.begin(step);
    if (step < pass.ranks()) {
      keyValues.begin(step);
    }
  }

  @Override
  public void compute(int step) {
    if (step >= pass.ranks()) {
      return;
    }
    AttentionKernel attention = pass.device().attention();
    Kernels kernels = pass.device().kernels();
    Block share = step == 0 ? ownGradients : gradients.share(step);
    if (pass.seesBlock(step)) {
      long start = System.nanoTime();
      Block held = keyValues.held(step);
      VisibleKeys mask = pass.mask(step);
      Tensor k = held.k();
      Tensor v = held.v();
      if (step == 0) {
        attention.backwardFirst(
            shape, q, k, v, mask, dOut, lse, delta, dq, share.k(), share.v(), kernels);
      } else {
        attention.backward(shape, q, k, v, mask, dOut, lse, delta, dq, share.k(), share.v());
      }
      pass.meter().computed(step, System.nanoTime() - start);
    } else if (step == 0) {
      AttentionKernel.clear(dq, share.k(), share.v(), kernels);
    }
    gradients.computed(step);
  }
}
