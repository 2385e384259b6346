package dev.annulus.ring;

import dev.annulus.ring.RingMessages.Content;
import java.util.Arrays;

/**
 * Gradients that go from each user straight to the owner, who adds them up in the order of the
 * ring: the nearest user first.
 */
final class DirectGradients implements GradientFlow {
  /** How many users' gradients are taken at a time. */
  private static final int ARRIVING = 2;

  private final PassContext pass;
  private final DirectOrder order;
  private final DirectKeyValues keyValues;
  private final Pending[] leaving = {Pending.NOTHING, Pending.NOTHING};
  private final Pending[] arriving = new Pending[ARRIVING];

  /** Distances from which gradients come. */
  private final int[] users;

  private int named;
  private int added;
  private int turn;
  private RowRanges summed = RowRanges.NONE;

  DirectGradients(PassContext pass, DirectOrder order, DirectKeyValues keyValues) {
    this.pass = pass;
    this.order = order;
    this.keyValues = keyValues;
    int[] distances = new int[pass.ranks()];
    int count = 0;
    for (int distance = 1; distance < pass.ranks(); distance++) {
      if (!incoming(distance).isEmpty()) {
        distances[count++] = distance;
      }
    }
    this.users = Arrays.copyOf(distances, count);
  }

  /**
   * That the memory of this step's share is free, and that all gradients of earlier steps have been
   * named, for which there must be memory.
   */
  @Override
  public Pending blocker(int step) {
    takeWhatCanBeTaken();
    if (named < users.length && users[named] < step) {
      return arriving[added % ARRIVING];
    }
    return order.isActive(pass.rank(), step) && !leaving[turn % 2].isOver()
        ? leaving[turn % 2]
        : null;
  }

  private void takeWhatCanBeTaken() {
    boolean progress = true;
    while (progress) {
      progress = false;
      if (added < named && arriving[added % ARRIVING].isOver()) {
        addNext();
        progress = true;
      }
      if (named < users.length && named - added < ARRIVING && mayBeNamed(users[named])) {
        Shipment in = incoming(users[named]);
        arriving[named % ARRIVING] =
            pass.messages().receive(pass.step(), Content.GRADIENTS, in, arrivingBlock(named));
        named++;
        progress = true;
      }
    }
  }

  /** Not before the keys that come from the same rank, if these go first. */
  private boolean mayBeNamed(int distance) {
    int user = pass.schedule().user(pass.rank(), distance);
    return keyValues.isNamed(user) || !order.keysGoFirst(user, pass.rank());
  }

  private void addNext() {
    RowRanges rows = incoming(users[added]).rows();
    Block sum = homeBlock();
    if (added == 0) {
      for (int distance : users) {
        summed = summed.union(incoming(distance).rows());
      }
      sum.clear(summed, pass.device().kernels());
    }
    arrivingBlock(added).addTo(sum, rows, pass.device().kernels());
    added++;
  }

  @Override
  public void begin(int step) {}

  @Override
  public Block share(int step) {
    if (!order.isActive(pass.rank(), step)) {
      return null;
    }
    Block share = pass.buffers().leaving(turn, pass.tokensOfBlock(step));
    share.clear(outgoing(step).rows(), pass.device().kernels());
    return share;
  }

  @Override
  public void computed(int step) {
    if (order.isActive(pass.rank(), step)) {
      Shipment out = outgoing(step);
      Block share = pass.buffers().leaving(turn, pass.tokensOfBlock(step));
      pass.mirror(share, out);
      leaving[turn % 2] = pass.messages().send(pass.step(), Content.GRADIENTS, out, share);
      turn++;
      keyValues.gradientsSent(out.to());
    }
  }

  @Override
  public Pending underWay() {
    takeWhatCanBeTaken();
    return added < named ? arriving[added % ARRIVING] : Pending.blocker(leaving[0], leaving[1]);
  }

  @Override
  public void addHome(Block own) {
    if (users.length > 0) {
      homeBlock().addTo(own, summed, pass.device().kernels());
    }
  }

  private Shipment outgoing(int step) {
    return pass.schedule().gradientsFrom(pass.rank(), step);
  }

  private Shipment incoming(int distance) {
    return pass.schedule().gradientsFrom(pass.schedule().user(pass.rank(), distance), distance);
  }

  private Block homeBlock() {
    return pass.buffers().home(pass.tokensOfBlock(0));
  }

  private Block arrivingBlock(int index) {
    return pass.buffers().arriving(index, pass.tokensOfBlock(0));
  }
}
