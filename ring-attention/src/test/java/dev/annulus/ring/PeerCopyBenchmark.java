package dev.annulus.ring;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.config.TransportSettings;
import dev.annulus.config.TransportSettings.Kind;
import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;
import dev.annulus.device.cuda.CudaDevice;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.link.Endpoint;
import dev.annulus.link.Link;
import dev.annulus.link.security.LinkSecurity;
import dev.annulus.link.transport.Transports;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * A ring of two workers of one process that share a GPU: attention forward and backward in bf16,
 * blocks by copies from device to device and, in turn, through the host over shared memory. Prints
 * for both the median step, the bytes a second that a worker sends meanwhile, and the share of the
 * step that it waits for its peer; then the ratio of the steps. Workers that share a GPU compute
 * one after the other, so this shows the way of the blocks, not the scaling. Not a test: run it by
 * hand.
 *
 * <pre>
 * PeerCopyBenchmark [TOKENS ...]
 * </pre>
 */
final class PeerCopyBenchmark {
  private static final AttentionShape SHAPE = new AttentionShape(32, 8, 128);
  private static final int STEPS = 7;

  private PeerCopyBenchmark() {}

  /** A worker's median step in seconds, with what it sent and waited in all of them. */
  private record Measured(double step, double bytes, double waited, double total, String peers) {}

  public static void main(String[] arguments) throws Exception {
    System.out.printf("ring of 2 workers on one GPU, %s, bf16, causal, zigzag%n", SHAPE);
    System.out.println("| tokens | blocks | step ms | GB/s sent, of a worker | waiting |");
    System.out.println("|---|---|---|---|---|");
    for (String tokens : arguments.length == 0 ? new String[] {"8192"} : arguments) {
      double host = measure(Integer.parseInt(tokens), false);
      double peers = measure(Integer.parseInt(tokens), true);
      System.out.printf(
          Locale.ROOT, "%s tokens: through the host / by copies %.2f%n", tokens, host / peers);
    }
  }

  private static double measure(int tokens, boolean peerCopies) throws Exception {
    TransportSettings settings = new TransportSettings(Kind.AERON, 60, 8192, 4 << 20, 4 << 20);
    CyclicBarrier barrier = new CyclicBarrier(2);
    List<Measured> both = new ArrayList<>();
    try (Endpoint first = Transports.open(settings, "127.0.0.1", LinkSecurity.NONE);
        Endpoint second = Transports.open(settings, "127.0.0.1", LinkSecurity.NONE);
        ExecutorService threads = Executors.newFixedThreadPool(2)) {
      List<String> addresses = List.of(first.address(), second.address());
      List<Future<Measured>> results = new ArrayList<>();
      for (int rank = 0; rank < 2; rank++) {
        int own = rank;
        Endpoint endpoint = rank == 0 ? first : second;
        Callable<Measured> worker =
            () -> {
              Link link = endpoint.connect(own, addresses, 7, 0, () -> false);
              return work(link, tokens, peerCopies, barrier);
            };
        results.add(threads.submit(worker));
      }
      for (Future<Measured> result : results) {
        both.add(result.get());
      }
    }
    Measured worse = both.get(0).step() > both.get(1).step() ? both.get(0) : both.get(1);
    System.out.printf(
        Locale.ROOT,
        "| %,d | %s | %.2f | %.2f | %.1f %% |%n",
        tokens,
        peerCopies ? "copies (" + worse.peers() + " peers)" : "through the host",
        1e3 * worse.step(),
        worse.bytes() / worse.total() / 1e9,
        100 * worse.waited() / worse.total());
    return worse.step();
  }

  private static Measured work(Link link, int tokens, boolean peerCopies, CyclicBarrier barrier)
      throws Exception {
    Documents documents = Documents.single(tokens);
    RingSchedule schedule =
        RingSchedule.of(Layouts.of(Layout.ZIGZAG, documents, 2), documents, Route.RING);
    int rows = schedule.layout().tokensOf(link.rank());
    try (CudaDevice device = new CudaDevice(0);
        DeviceArena arena = device.newArena();
        RingAttention ring = new RingAttention(device, SHAPE, link, rows, peerCopies)) {
      Tensor q = arena.allocate(DataType.BFLOAT16, rows, SHAPE.queryColumns());
      Tensor k = arena.allocate(DataType.BFLOAT16, rows, SHAPE.kvColumns());
      Tensor v = arena.allocate(DataType.BFLOAT16, rows, SHAPE.kvColumns());
      Tensor dOut = arena.allocate(DataType.BFLOAT16, rows, SHAPE.queryColumns());
      Tensor out = arena.allocate(rows, SHAPE.queryColumns());
      Tensor lse = arena.allocate(SHAPE.queryHeads(), rows);
      Tensor dq = arena.allocate(rows, SHAPE.queryColumns());
      Tensor dk = arena.allocate(rows, SHAPE.kvColumns());
      Tensor dv = arena.allocate(rows, SHAPE.kvColumns());
      for (Tensor random : List.of(q, k, v, dOut)) {
        device.kernels().fill(random, 0.25f);
      }
      double[] seconds = new double[STEPS];
      RingCounters before = ring.counters();
      for (int step = -2; step < STEPS; step++) {
        before = step == 0 ? ring.counters() : before;
        device.synchronize();
        barrier.await();
        long start = System.nanoTime();
        ring.forward(schedule, step + 2, q, k, v, out, lse);
        ring.backward(schedule, step + 2, q, k, v, out, lse, dOut, dq, dk, dv);
        device.synchronize();
        seconds[Math.max(0, step)] = (System.nanoTime() - start) / 1e9;
      }
      barrier.await();
      RingCounters spent = ring.counters().minus(before);
      double total = Arrays.stream(seconds).sum();
      Arrays.sort(seconds);
      return new Measured(
          seconds[STEPS / 2], spent.bytesSent(), spent.waitNs() / 1e9, total, ring.describePeers());
    }
  }
}
