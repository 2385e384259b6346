package dev.annulus.ring;

import dev.annulus.attention.AttentionShape;
import dev.annulus.device.Device;
import dev.annulus.device.PeerAccess;
import dev.annulus.device.Tensor;
import dev.annulus.link.Link;
import java.util.Optional;

/**
 * Attention of one rank's queries to the keys of the whole ring (RingAttention, arXiv:2310.01889):
 * while the rank works on one block of keys and values, the next one arrives. What is worked out,
 * and in which order it is added up, is fixed by the schedule, never by arrival, so two runs give
 * the same bits, over either route.
 *
 * <p>Shapes as in {@link dev.annulus.attention.AttentionKernel}, tokens being those that the
 * schedule's layout gives this rank. Keys and values travel in the type they have, the same on all
 * ranks; their gradients, like all that is added up, are fp32. Belongs to one thread, with its
 * device and link. Blocks are sent from and received into the tensors' memory; where that is not
 * the host's they pass through a mirror. After a failure the link is of no further use: close it
 * before this object, so that nothing is moved out of or into memory that is freed.
 */
public final class RingAttention implements AutoCloseable {
  private final Device device;
  private final AttentionShape shape;
  private final int rank;
  private final int ranks;
  private final int maxTokens;
  private final RingBuffers buffers;
  private final RingMeter meter;
  private final RingMessages messages;
  private final PeerExchange peers;

  /**
   * The end of one rank, whose blocks all go over the link.
   *
   * @param ring the ranks that share a sequence; their places in it are their ranks here
   * @param maxTokens the most tokens a rank ever holds, of any schedule
   */
  public RingAttention(Device device, AttentionShape shape, Link ring, int maxTokens) {
    this(device, shape, ring, maxTokens, false);
  }

  /**
   * The end of one rank.
   *
   * @param ring the ranks that share a sequence; their places in it are their ranks here
   * @param maxTokens the most tokens a rank ever holds, of any schedule
   * @param peerCopies whether ranks that see each other's devices copy blocks from there; the same
   *     on all ranks. Which do they find out among themselves; the others go by the link.
   */
  public RingAttention(
      Device device, AttentionShape shape, Link ring, int maxTokens, boolean peerCopies) {
    this.device = device;
    this.shape = shape;
    this.rank = ring.rank();
    this.ranks = ring.size();
    this.maxTokens = maxTokens;
    Optional<PeerAccess> access =
        peerCopies && ranks > 1 ? device.newPeerAccess() : Optional.empty();
    this.peers = new PeerExchange(ring, peerCopies, access);
    this.buffers =
        new RingBuffers(
            device,
            shape,
            ranks,
            maxTokens,
            access,
            () -> !device.hasHostMemory() && peers.needsHost());
    this.meter = new RingMeter(ranks);
    this.messages = new RingMessages(device, ring, meter, peers);
  }

  /**
   * Overwrites {@code out} and {@code lse} with the attention of {@code q} to the keys and values
   * of all ranks.
   *
   * @param step the optimiser step, for errors that name it
   */
  public void forward(
      RingSchedule schedule, long step, Tensor q, Tensor k, Tensor v, Tensor out, Tensor lse) {
    forward(schedule, step, q, k, v, out, out, lse);
  }

  /**
   * The same where the result is wanted in the type of the inputs.
   *
   * @param sum fp32, memory to add up in; what it holds afterwards is not said
   * @param out like {@code sum}, fp32 or of the type of q; may be {@code sum}
   */
  public void forward(
      RingSchedule schedule,
      long step,
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor sum,
      Tensor out,
      Tensor lse) {
    drive(forwardPass(schedule, step, q, k, v, sum, out, lse));
  }

  /**
   * Overwrites {@code dq}, {@code dk} and {@code dv}.
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
    drive(backwardPass(schedule, step, q, k, v, out, lse, dOut, dq, dk, dv));
  }

  /** The ring: one rank's part of it is this loop. */
  private static void drive(RingPass pass) {
    for (int s = 0; s < pass.steps(); s++) {
      pass.await(s); // for the keys and values of rank - s
      pass.begin(s); // they travel on, and those of rank - s - 1 arrive
      pass.compute(s); // while the queries meet them
    }
  }

  /** {@link #forward}, step by step. One pass at a time: the next when this one is over. */
  public RingPass forwardPass(
      RingSchedule schedule, long step, Tensor q, Tensor k, Tensor v, Tensor out, Tensor lse) {
    return forwardPass(schedule, step, q, k, v, out, out, lse);
  }

  private RingPass forwardPass(
      RingSchedule schedule,
      long step,
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor sum,
      Tensor out,
      Tensor lse) {
    check(schedule, q, k, v, sum, lse);
    check(schedule, q, k, v, out, lse);
    checkType(k, v);
    meter.skipped(schedule.traffic(rank).forwardHopsSkipped());
    return new ForwardPass(context(schedule, step), shape, q, Block.of(k, v), sum, out, lse);
  }

  /** {@link #backward}, step by step. One pass at a time: the next when this one is over. */
  public RingPass backwardPass(
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
    checkType(k, v);
    meter.skipped(schedule.traffic(rank).backwardHopsSkipped());
    Tensor delta = buffers.delta(Math.toIntExact(q.rows()));
    device.attention().delta(shape, out, dOut, delta);
    return new BackwardPass(
        context(schedule, step), shape, q, Block.of(k, v), dOut, lse, delta, dq, Block.of(dk, dv));
  }

  /** Since this object was made. */
  public RingCounters counters() {
    return meter.counters();
  }

  /** How many of the peers that this rank has met pass blocks by copies, for people. */
  public String describePeers() {
    return peers.describe();
  }

  @Override
  public void close() {
    peers.close();
    buffers.close();
  }

  private PassContext context(RingSchedule schedule, long step) {
    return new PassContext(schedule, rank, step, device, buffers, messages, meter);
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

  private void checkType(Tensor k, Tensor v) {
    if (k.type() != v.type()) {
      throw new IllegalArgumentException(
          "rank %d: keys are %s and values %s, expected one type"
              .formatted(rank, k.type(), v.type()));
    }
  }

  private void checkShape(String name, Tensor tensor, int rows, int columns) {
    if (tensor.rows() != rows || tensor.columns() != columns) {
      throw new IllegalArgumentException(
          "rank %d: %s are [%d, %d], expected [%d, %d]"
              .formatted(rank, name, tensor.rows(), tensor.columns(), rows, columns));
    }
  }
}
