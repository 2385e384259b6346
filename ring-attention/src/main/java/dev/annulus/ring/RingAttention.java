package dev.annulus.ring;

import dev.annulus.attention.AttentionKernel;
import dev.annulus.attention.AttentionShape;
import dev.annulus.device.Device;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import dev.annulus.link.Link;
import dev.annulus.ring.RingBuffers.Block;
import dev.annulus.ring.RingPass.Pending;

/**
 * Attention of one rank's queries to the keys of the whole ring (RingAttention, arXiv:2310.01889):
 * while the rank works on one block of keys and values, that block travels on to the next rank and
 * the next block arrives. What is worked out, and in which order it is added up, is fixed by the
 * schedule, never by arrival, so two runs give the same bits.
 *
 * <p>Shapes as in {@link AttentionKernel}, tokens being {@code schedule.layout().tokensOf(rank)}.
 * Belongs to one thread, with its device and link. Blocks are sent from and received into device
 * memory, so the device's memory must be the host's. After a failure the link is of no further use:
 * close it before this object, so that nothing is moved out of or into memory that is freed.
 */
public final class RingAttention implements AutoCloseable {
  private final Kernels kernels;
  private final AttentionKernel attention;
  private final AttentionShape shape;
  private final Link ring;
  private final int rank;
  private final int ranks;
  private final int maxTokens;
  private final RingBuffers buffers;

  /** Exchanges so far; all ranks count alike, whether or not a block was sent. */
  private long exchanges;

  private long attentionNs;
  private long waitNs;
  private long bytesSent;
  private long hops;
  private long hopsSkipped;

  /**
   * @param ring the ranks that share a sequence; their places in it are their ranks here
   * @param maxTokens the most tokens a rank ever holds, of any schedule
   */
  public RingAttention(Device device, AttentionShape shape, Link ring, int maxTokens) {
    this.kernels = device.kernels();
    this.attention = device.attention();
    this.shape = shape;
    this.ring = ring;
    this.rank = ring.rank();
    this.ranks = ring.size();
    this.maxTokens = maxTokens;
    this.buffers = new RingBuffers(device, shape, ranks, maxTokens);
  }

  /**
   * Overwrites {@code out} and {@code lse} with the attention of {@code q} to the keys and values
   * of all ranks.
   *
   * @param step the optimiser step, for errors that name it
   */
  public void forward(
      RingSchedule schedule, long step, Tensor q, Tensor k, Tensor v, Tensor out, Tensor lse) {
    check(schedule, q, k, v, out, lse);
    RingPass pass = new RingPass(schedule, buffers, ring, step, exchanges);
    kernels.fill(out, 0);
    kernels.fill(lse, Float.NEGATIVE_INFINITY);
    Block held = new Block(k, v);
    for (int s = 0; s < ranks; s++) {
      Pending leaving = pass.passOn(s, held);
      Pending arriving = pass.takeNext(s);
      int owner = schedule.owner(rank, s);
      if (schedule.sees(rank, owner)) {
        long start = System.nanoTime();
        attention.forward(shape, q, held.k(), held.v(), schedule.mask(rank, owner), out, lse);
        attentionNs += System.nanoTime() - start;
      }
      leaving.await();
      arriving.await();
      held = pass.held(s + 1);
    }
    count(pass, schedule.traffic(rank).forwardHopsSkipped());
  }

  /**
   * Overwrites {@code dq}, {@code dk} and {@code dv}. Keys and values go round again; the gradients
   * of a block follow it one step behind, each user adding its share, and the last sends them home.
   *
   * @param out what {@link #forward} gave
   * @param lse what {@link #forward} gave
   */
  public void backward(
      RingSchedule schedule,
      long step,
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor out,
      Tensor lse,
      Tensor dOut,
      Tensor dq,
      Tensor dk,
      Tensor dv) {
    check(schedule, q, k, v, out, lse);
    check(schedule, dq, dk, dv, dOut, lse);
    RingPass pass = new RingPass(schedule, buffers, ring, step, exchanges);
    Tensor delta = buffers.delta(Math.toIntExact(q.rows()));
    attention.delta(shape, out, dOut, delta);
    kernels.fill(dq, 0);
    Block own = new Block(dk, dv);
    // What comes home from another than the previous rank can be named at once: it is all that
    // comes from there, and whoever sends it is not held up.
    boolean homeIsLast = pass.lastUser() == schedule.previous(rank);
    Pending home = homeIsLast ? pass.nothing() : pass.takeHome();
    Pending[] sent = {pass.nothing(), pass.nothing()};
    Block held = new Block(k, v);
    for (int s = 0; s < ranks; s++) {
      Pending gradients = pass.takeGradients(s);
      Pending leaving = pass.passOn(s, held);
      Pending arriving = pass.takeNext(s);
      sent[s % 2].await();
      Block share = s == 0 ? own : pass.share(s);
      if (share != null) {
        kernels.fill(share.k(), 0);
        kernels.fill(share.v(), 0);
      }
      int owner = schedule.owner(rank, s);
      if (schedule.sees(rank, owner)) {
        long start = System.nanoTime();
        attention.backward(
            shape,
            q,
            held.k(),
            held.v(),
            schedule.mask(rank, owner),
            dOut,
            lse,
            delta,
            dq,
            share.k(),
            share.v());
        attentionNs += System.nanoTime() - start;
      }
      gradients.await();
      add(pass.arriving(s), share);
      sent[s % 2] = s == 0 || share == null ? pass.nothing() : pass.sendGradients(s, share);
      leaving.await();
      arriving.await();
      held = pass.held(s + 1);
    }
    if (homeIsLast) {
      home = pass.takeHome();
    }
    home.await();
    add(pass.home(), own);
    sent[0].await();
    sent[1].await();
    count(pass, schedule.traffic(rank).backwardHopsSkipped());
  }

  /** Since this object was made. */
  public RingCounters counters() {
    return new RingCounters(attentionNs, waitNs, bytesSent, hops, hopsSkipped);
  }

  @Override
  public void close() {
    buffers.close();
  }

  /** Adds one block of gradients, if there is one, to another. */
  private void add(Block from, Block to) {
    if (from != null) {
      kernels.add(from.k(), to.k());
      kernels.add(from.v(), to.v());
    }
  }

  private void count(RingPass pass, long skipped) {
    exchanges += ranks;
    waitNs += pass.waitNs();
    bytesSent += pass.bytesSent();
    hops += pass.hops();
    hopsSkipped += skipped;
  }

  /** Tensors of this rank's tokens: {@code q}, {@code k}, {@code v}, {@code out}, {@code lse}. */
  private void check(RingSchedule schedule, Tensor q, Tensor k, Tensor v, Tensor out, Tensor lse) {
    if (schedule.ranks() != ranks || schedule.layout().maxTokens() > maxTokens) {
      throw new IllegalArgumentException(
          "schedule of %d ranks and up to %d tokens a rank, ring of %d ranks and up to %d"
              .formatted(schedule.ranks(), schedule.layout().maxTokens(), ranks, maxTokens));
    }
    int tokens = schedule.layout().tokensOf(rank);
    checkShape("queries or their gradients", q, tokens, shape.queryColumns());
    checkShape("keys or their gradients", k, tokens, shape.kvColumns());
    checkShape("values or their gradients", v, tokens, shape.kvColumns());
    checkShape("output or its gradient", out, tokens, shape.queryColumns());
    checkShape("lse", lse, shape.queryHeads(), tokens);
  }

  private void checkShape(String name, Tensor tensor, int rows, int columns) {
    if (tensor.rows() != rows || tensor.columns() != columns) {
      throw new IllegalArgumentException(
          "rank %d: %s are [%d, %d], expected [%d, %d]"
              .formatted(rank, name, tensor.rows(), tensor.columns(), rows, columns));
    }
  }
}
