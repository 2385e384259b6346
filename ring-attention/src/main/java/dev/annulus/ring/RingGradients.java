package dev.annulus.ring;

import dev.annulus.ring.RingMessages.Content;

/**
 * Gradients that follow their block around the ring, one step behind. The nearest user starts them,
 * each further one adds its share, and the farthest sends them home.
 */
final class RingGradients implements GradientFlow {
  private final PassContext pass;

  /** Where those of the own block come from: its farthest user, at the distance of its reach. */
  private final Shipment homeward;

  private final boolean previousSendsHome;
  private final Pending[] leaving = {Pending.NOTHING, Pending.NOTHING};
  private Pending arriving = Pending.NOTHING;
  private Pending home = Pending.NOTHING;

  RingGradients(PassContext pass) {
    this.pass = pass;
    RingSchedule schedule = pass.schedule();
    int reach = schedule.reach(pass.rank());
    this.homeward =
        reach == 0 ? null : schedule.gradientsFrom(schedule.user(pass.rank(), reach), reach);
    this.previousSendsHome = reach == pass.ranks() - 1;
  }

  /** What comes for the last step's block, and that the memory of this step's share is free. */
  @Override
  public Pending blocker(int step) {
    return Pending.blocker(arriving, leaving[step % 2]);
  }

  @Override
  public void begin(int step) {
    if (step > 0) {
      passOn(step - 1);
    }
    if (step == 0 && homeward != null && !previousSendsHome) {
      // All that comes from there, so it can be named at once, and its sender is not held up.
      takeHome();
    }
    if (step == pass.ranks() && homeward != null && previousSendsHome) {
      takeHome();
    }
    Shipment in = incoming(step);
    arriving =
        in.isEmpty()
            ? Pending.NOTHING
            : pass.messages().receive(pass.step(), Content.GRADIENTS, in, arrivingBlock(step));
  }

  private void takeHome() {
    home = pass.messages().receive(pass.step(), Content.GRADIENTS, homeward, homeBlock());
  }

  /** Adds what came for the block of a step to this rank's share, and sends it on or home. */
  private void passOn(int step) {
    Shipment out = outgoing(step);
    if (out.isEmpty()) {
      return;
    }
    Block share = pass.buffers().leaving(step, pass.tokensOfBlock(step));
    RowRanges came = incoming(step).rows();
    if (!came.isEmpty()) {
      arrivingBlock(step).addTo(share, came, pass.device().kernels());
    }
    pass.mirror(share, out);
    leaving[step % 2] = pass.messages().send(pass.step(), Content.GRADIENTS, out, share);
  }

  @Override
  public Block share(int step) {
    Shipment out = outgoing(step);
    if (out.isEmpty()) {
      return null;
    }
    Block share = pass.buffers().leaving(step, pass.tokensOfBlock(step));
    share.clear(out.rows(), pass.device().kernels());
    return share;
  }

  /** They leave when the next step begins: what comes from the rank before must be added first. */
  @Override
  public void computed(int step) {}

  @Override
  public Pending underWay() {
    Pending sent = Pending.blocker(leaving[0], leaving[1]);
    return sent != null ? sent : home.isOver() ? null : home;
  }

  @Override
  public void addHome(Block own) {
    if (homeward != null) {
      homeBlock().addTo(own, homeward.rows(), pass.device().kernels());
    }
  }

  /** What this rank sends after a step; nothing at step 0, whose block is its own. */
  private Shipment outgoing(int step) {
    return step == 0 || step >= pass.ranks()
        ? nothing()
        : pass.schedule().gradientsFrom(pass.rank(), step);
  }

  /** What comes from the rank before for the block of a step; what it sends home is not that. */
  private Shipment incoming(int step) {
    if (step < 2 || step >= pass.ranks()) {
      return nothing();
    }
    RingSchedule schedule = pass.schedule();
    Shipment sent = schedule.gradientsFrom(schedule.previous(pass.rank()), step - 1);
    return sent.to() == pass.rank() ? sent : nothing();
  }

  private Shipment nothing() {
    return new Shipment(pass.rank(), pass.rank(), pass.rank(), RowRanges.NONE);
  }

  private Block arrivingBlock(int step) {
    return pass.buffers().arriving(0, pass.tokensOfBlock(step));
  }

  private Block homeBlock() {
    return pass.buffers().home(pass.tokensOfBlock(0));
  }
}
