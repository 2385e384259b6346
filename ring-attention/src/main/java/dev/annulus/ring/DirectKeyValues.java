package dev.annulus.ring;

import dev.annulus.ring.RingMessages.Content;
import java.util.ArrayList;
import java.util.List;

/**
 * Keys and values from their owner straight to each rank that needs some of them. The own ones are
 * offered to all at the start; another's are taken while the block before them is worked on.
 */
final class DirectKeyValues implements KeyValueFlow {
  private final PassContext pass;
  private final DirectOrder order;
  private final boolean withGradients;
  private final List<Pending> leaving = new ArrayList<>();
  private Block own;
  private Block shown;
  private Block held;
  private Block next;
  private Pending arriving = Pending.NOTHING;
  private int nextStep;
  private int turn;

  /**
   * Keys and values of one pass.
   *
   * @param withGradients whether gradients travel in the same pass, so that some keys must wait
   *     until gradients to the same rank have been sent
   */
  DirectKeyValues(PassContext pass, DirectOrder order, Block own, boolean withGradients) {
    this.pass = pass;
    this.order = order;
    this.own = own;
    this.withGradients = withGradients;
  }

  @Override
  public Pending blocker(int step) {
    return step == nextStep && !arriving.isOver() ? arriving : null;
  }

  @Override
  public void begin(int step) {
    if (step == 0) {
      held = own;
      offerAll();
    } else if (step == nextStep) {
      held = next;
    }
    if (step == nextStep) {
      nextStep = order.nextActive(pass.rank(), step);
      if (nextStep < pass.ranks()) {
        Shipment in = pass.schedule().keysTo(pass.rank(), nextStep);
        next = pass.buffers().keyValues(own.k().type(), turn++, pass.tokensOfBlock(nextStep));
        arriving = pass.messages().receive(pass.step(), Content.KEYS_AND_VALUES, in, next);
      }
    }
  }

  private void offerAll() {
    own = pass.buffers().own(own);
    RowRanges byLink = RowRanges.NONE;
    RowRanges copied = RowRanges.NONE;
    for (int distance = 1; distance < pass.ranks() && !pass.device().hasHostMemory(); distance++) {
      Shipment out = pass.schedule().keysFrom(pass.rank(), distance);
      if (pass.messages().copies(out.to())) {
        copied = copied.union(out.rows());
      } else {
        byLink = byLink.union(out.rows());
      }
    }
    own.toHost(byLink, pass.device());
    if (!copied.isEmpty()) {
      int tokens = Math.toIntExact(own.k().rows());
      shown = pass.buffers().ownShown(own.k().type(), tokens).orElseThrow();
      own.copyTo(shown, copied, pass.device().kernels());
    }
    for (int distance = 1; distance < pass.ranks(); distance++) {
      int user = pass.schedule().user(pass.rank(), distance);
      if (!withGradients || order.keysGoFirst(pass.rank(), user)) {
        offer(distance);
      }
    }
  }

  private void offer(int distance) {
    Shipment out = pass.schedule().keysFrom(pass.rank(), distance);
    if (!out.isEmpty()) {
      Block offered = pass.messages().copies(out.to()) ? shown : own;
      leaving.add(pass.messages().send(pass.step(), Content.KEYS_AND_VALUES, out, offered));
    }
  }

  /** Gradients to {@code user} have been sent: keys that go behind them can follow. */
  void gradientsSent(int user) {
    if (!order.keysGoFirst(pass.rank(), user)) {
      offer(Math.floorMod(user - pass.rank(), pass.ranks()));
    }
  }

  /** Whether the keys of {@code owner} have been named, or there are none to name. */
  boolean isNamed(int owner) {
    int step = Math.floorMod(pass.rank() - owner, pass.ranks());
    return held != null && (step <= nextStep || !order.isActive(pass.rank(), step));
  }

  @Override
  public Block held(int step) {
    return held;
  }

  @Override
  public Pending leaving() {
    for (Pending pending : leaving) {
      if (!pending.isOver()) {
        return pending;
      }
    }
    return null;
  }
}
