package dev.annulus.ring;

import dev.annulus.ring.RingMessages.Content;

/** Keys and values from neighbour to neighbour. */
final class RingKeyValues implements KeyValueFlow {
  private final PassContext pass;
  private Block own;
  private Pending leaving = Pending.NOTHING;
  private Pending arriving = Pending.NOTHING;

  RingKeyValues(PassContext pass, Block own) {
    this.pass = pass;
    this.own = own;
  }

  /** The block itself, and that the one before it has left: its memory is where the next goes. */
  @Override
  public Pending blocker(int step) {
    return Pending.blocker(arriving, leaving);
  }

  @Override
  public void begin(int step) {
    if (step + 1 >= pass.ranks()) {
      return;
    }
    Shipment out = pass.schedule().keysFrom(pass.rank(), step + 1);
    Shipment in = pass.schedule().keysTo(pass.rank(), step + 1);
    leaving = step == 0 ? offer(out) : passOn(step, out);
    arriving = pass.messages().receive(pass.step(), Content.KEYS_AND_VALUES, in, held(step + 1));
  }

  private Pending offer(Shipment out) {
    own = pass.buffers().own(own);
    Block offered = own;
    if (!out.isEmpty() && pass.messages().copies(out.to())) {
      int tokens = Math.toIntExact(own.k().rows());
      offered = pass.buffers().ownShown(own.k().type(), tokens).orElseThrow();
      own.copyTo(offered, out.rows(), pass.device().kernels());
    } else {
      own.toHost(out.rows(), pass.device());
    }
    return pass.messages().send(pass.step(), Content.KEYS_AND_VALUES, out, offered);
  }

  private Pending passOn(int step, Shipment out) {
    int from = pass.schedule().previous(pass.rank());
    return pass.messages().passOn(pass.step(), Content.KEYS_AND_VALUES, out, held(step), from);
  }

  @Override
  public Block held(int step) {
    return step == 0
        ? own
        : pass.buffers().keyValues(own.k().type(), step, pass.tokensOfBlock(step));
  }

  @Override
  public Pending leaving() {
    return Pending.blocker(leaving, arriving);
  }
}
