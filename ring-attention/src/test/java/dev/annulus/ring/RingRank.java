package dev.annulus.ring;

import dev.annulus.attention.AttentionShape;
import dev.annulus.device.Device;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;
import dev.annulus.link.Link;
import dev.annulus.ring.RingProblem.Solution;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/** One rank's end of a ring with its share of a problem; closes the device. */
final class RingRank implements AutoCloseable {
  private final AttentionShape shape;
  private final RingSchedule schedule;
  private final int rank;
  private final Device device;
  private final boolean ownsRing;
  private final DeviceArena arena;
  private final RingAttention ring;
  private final Tensor q;
  private final Tensor k;
  private final Tensor v;
  private final Tensor dOut;
  private final Tensor out;
  private final Tensor lse;
  private final Tensor dq;
  private final Tensor dk;
  private final Tensor dv;

  RingRank(RingProblem problem, RingSchedule schedule, Link link, Device device) {
    this(problem, schedule, link, device, false);
  }

  RingRank(
      RingProblem problem, RingSchedule schedule, Link link, Device device, boolean peerCopies) {
    this(
        problem,
        schedule,
        link.rank(),
        device,
        new RingAttention(device, problem.shape(), link, mostTokens(schedule), peerCopies),
        true);
  }

  /** Another problem with the ring of a rank, which stays open. */
  RingRank(RingProblem problem, RingSchedule schedule, RingRank other) {
    this(problem, schedule, other.rank, other.device, other.ring, false);
  }

  private RingRank(
      RingProblem problem,
      RingSchedule schedule,
      int rank,
      Device device,
      RingAttention ring,
      boolean ownsRing) {
    this.shape = problem.shape();
    this.schedule = schedule;
    this.rank = rank;
    this.device = device;
    this.ring = ring;
    this.ownsRing = ownsRing;
    this.arena = device.newArena();
    int[] positions = schedule.layout().positionsOf(rank);
    this.q = scatter(problem.q(), positions, shape.queryColumns());
    this.k = scatter(problem.k(), positions, shape.kvColumns());
    this.v = scatter(problem.v(), positions, shape.kvColumns());
    this.dOut = scatter(problem.dOut(), positions, shape.queryColumns());
    this.out = arena.allocate(positions.length, shape.queryColumns());
    this.lse = arena.allocate(shape.queryHeads(), positions.length);
    this.dq = arena.allocate(positions.length, shape.queryColumns());
    this.dk = arena.allocate(positions.length, shape.kvColumns());
    this.dv = arena.allocate(positions.length, shape.kvColumns());
  }

  /** Room for any layout of a row of this length. */
  private static int mostTokens(RingSchedule schedule) {
    return schedule.layout().maxTokens() + 2;
  }

  RingAttention ring() {
    return ring;
  }

  /** Forward and backward. */
  Solution solve(long step) {
    forgetResults();
    run(step);
    return solution();
  }

  /** Forward and backward, and nothing besides. */
  void run(long step) {
    ring.forward(schedule, step, q, k, v, out, lse);
    ring.backward(schedule, step, q, k, v, out, lse, dOut, dq, dk, dv);
  }

  /** What the ring does not write must be seen. */
  private void forgetResults() {
    for (Tensor result : List.of(out, lse, dq, dk, dv)) {
      device.kernels().fill(result, Float.NaN);
    }
  }

  RingPass forward(long step) {
    forgetResults();
    return ring.forwardPass(schedule, step, q, k, v, out, lse);
  }

  RingPass backward(long step) {
    return ring.backwardPass(schedule, step, q, k, v, out, lse, dOut, dq, dk, dv);
  }

  Solution solution() {
    return new Solution(doubles(out), doubles(lse), doubles(dq), doubles(dk), doubles(dv));
  }

  /** What was counted, by the ring and by its link, is what the plan says. */
  void checkCounters(Link link, int passes) {
    checkCounters(link, passes, true);
  }

  /**
   * What was counted is what the plan says.
   *
   * @param byLink whether all of it went over the link, and nothing else did
   */
  void checkCounters(Link link, int passes, boolean byLink) {
    RingTraffic traffic = schedule.traffic(rank);
    RingCounters counters = ring.counters();
    long hops = passes * (traffic.forwardHops() + traffic.backwardHops());
    long rowBytes = 2L * shape.kvColumns() * Float.BYTES;
    long bytes =
        passes * (traffic.forwardBytes(rowBytes) + traffic.backwardBytes(rowBytes, rowBytes));
    if (counters.hops() != hops
        || counters.bytesSent() != bytes
        || (byLink && !countsSent(link, bytes))
        || counters.hops() + counters.hopsSkipped() != 3L * passes * (link.size() - 1)) {
      throw new AssertionError(
          "%d hops, %d B, %s, expected %d hops, %d B"
              .formatted(counters.hops(), counters.bytesSent(), link.counters(), hops, bytes));
    }
  }

  /** A transport may count a message just after its transfer is over. */
  private static boolean countsSent(Link link, long bytes) {
    long deadline = System.nanoTime() + 5_000_000_000L;
    while (link.counters().bytesSent() < bytes && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    return link.counters().bytesSent() == bytes;
  }

  private Tensor scatter(float[] whole, int[] positions, int columns) {
    float[] rows = new float[positions.length * columns];
    for (int i = 0; i < positions.length; i++) {
      System.arraycopy(whole, positions[i] * columns, rows, i * columns, columns);
    }
    Tensor own = arena.allocate(positions.length, columns);
    device.upload(MemorySegment.ofArray(rows), own);
    return own;
  }

  private double[] doubles(Tensor tensor) {
    float[] values = new float[Math.toIntExact(tensor.size())];
    device.download(tensor, MemorySegment.ofArray(values));
    double[] wide = new double[values.length];
    Arrays.setAll(wide, i -> values[i]);
    return wide;
  }

  @Override
  public void close() {
    arena.close();
    if (ownsRing) {
      ring.close();
      device.close();
    }
  }
}
