package dev.annulus.ring;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.TransportSettings;
import dev.annulus.config.TransportSettings.Kind;
import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Tensor;
import dev.annulus.device.cuda.CudaDevice;
import dev.annulus.link.Endpoint;
import dev.annulus.link.Link;
import dev.annulus.link.security.LinkSecurity;
import dev.annulus.link.transport.Transports;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What attention of a ring of GPUs takes, in bf16: the median of the worker that takes longest.
 * Workers are threads of one process, dealt out to the GPUs in turn.
 *
 * @param forward seconds
 * @param backward seconds
 * @param both seconds of forward and backward behind each other, without waiting between them
 * @param bytesPerSecond that a worker sends meanwhile
 * @param waitShare of the time in which a worker waits for peers
 * @param peers how many copy, of those it has met
 */
record GpuRingTiming(
    double forward,
    double backward,
    double both,
    double bytesPerSecond,
    double waitShare,
    String peers) {
  private static final int STEPS = 7;
  private static final int WARM_UPS = 2;

  /** Times a plan with {@code ranks} of it on {@code gpus} GPUs. */
  static GpuRingTiming measure(
      AttentionShape shape, RingSchedule schedule, int gpus, boolean peerCopies) throws Exception {
    int ranks = schedule.ranks();
    TransportSettings settings = new TransportSettings(Kind.AERON, 60, 8192, 4 << 20, 4 << 20);
    List<Endpoint> endpoints = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(ranks)) {
      for (int rank = 0; rank < ranks; rank++) {
        endpoints.add(Transports.open(settings, "127.0.0.1", LinkSecurity.NONE));
      }
      List<String> addresses = endpoints.stream().map(Endpoint::address).toList();
      CyclicBarrier barrier = new CyclicBarrier(ranks);
      List<Future<GpuRingTiming>> results = new ArrayList<>();
      for (int rank = 0; rank < ranks; rank++) {
        int own = rank;
        results.add(
            threads.submit(
                () -> {
                  Link link = endpoints.get(own).connect(own, addresses, 7, 0, () -> false);
                  return work(shape, schedule, link, own % gpus, peerCopies, barrier);
                }));
      }
      GpuRingTiming slowest = null;
      for (Future<GpuRingTiming> result : results) {
        GpuRingTiming timing = result.get();
        slowest = slowest == null || timing.both() > slowest.both() ? timing : slowest;
      }
      return slowest;
    } finally {
      endpoints.forEach(Endpoint::close);
    }
  }

  private static GpuRingTiming work(
      AttentionShape shape,
      RingSchedule schedule,
      Link link,
      int gpu,
      boolean peerCopies,
      CyclicBarrier barrier)
      throws Exception {
    int rows = schedule.layout().tokensOf(link.rank());
    try (CudaDevice device = new CudaDevice(gpu);
        DeviceArena arena = device.newArena();
        RingAttention ring =
            new RingAttention(device, shape, link, schedule.layout().maxTokens(), peerCopies)) {
      Tensor q = arena.allocate(DataType.BFLOAT16, rows, shape.queryColumns());
      Tensor k = arena.allocate(DataType.BFLOAT16, rows, shape.kvColumns());
      Tensor v = arena.allocate(DataType.BFLOAT16, rows, shape.kvColumns());
      Tensor dOut = arena.allocate(DataType.BFLOAT16, rows, shape.queryColumns());
      Tensor out = arena.allocate(rows, shape.queryColumns());
      Tensor lse = arena.allocate(shape.queryHeads(), rows);
      Tensor dq = arena.allocate(rows, shape.queryColumns());
      Tensor dk = arena.allocate(rows, shape.kvColumns());
      Tensor dv = arena.allocate(rows, shape.kvColumns());
      Tensor draws = arena.allocate(rows, shape.queryColumns());
      int key = 11 * (link.rank() + 1);
      for (Tensor random : List.of(q, k, v, dOut)) {
        Tensor drawn =
            draws.reshape(draws.size(), 1).rows(0, random.size()).reshape(rows, random.columns());
        device.kernels().addNormal(drawn, 0, 1, key++, drawn);
        device.kernels().copy(drawn, random);
      }
      Runnable forward = () -> ring.forward(schedule, 1, q, k, v, out, lse);
      Runnable backward = () -> ring.backward(schedule, 1, q, k, v, out, lse, dOut, dq, dk, dv);
      Timer timer = new Timer(device, barrier);
      double forwardSeconds = timer.median(forward);
      double backwardSeconds = timer.median(backward);
      RingCounters before = ring.counters();
      double start = System.nanoTime();
      double bothSeconds =
          timer.median(
              () -> {
                forward.run();
                backward.run();
              });
      double total = (System.nanoTime() - start) / 1e9;
      RingCounters spent = ring.counters().minus(before);
      return new GpuRingTiming(
          forwardSeconds,
          backwardSeconds,
          bothSeconds,
          spent.bytesSent() / total,
          spent.waitNs() / 1e9 / total,
          ring.describePeers());
    }
  }

  /** Takes the time of what all workers begin together. */
  private record Timer(CudaDevice device, CyclicBarrier barrier) {
    double median(Runnable action) throws InterruptedException, BrokenBarrierException {
      double[] seconds = new double[STEPS];
      for (int step = -WARM_UPS; step < STEPS; step++) {
        device.synchronize();
        barrier.await();
        long start = System.nanoTime();
        action.run();
        device.synchronize();
        seconds[Math.max(0, step)] = (System.nanoTime() - start) / 1e9;
      }
      barrier.await();
      Arrays.sort(seconds);
      return seconds[STEPS / 2];
    }
  }
}
