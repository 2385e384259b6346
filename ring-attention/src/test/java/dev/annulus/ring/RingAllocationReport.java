package dev.annulus.ring;

import com.sun.management.ThreadMXBean;
import dev.annulus.attention.AttentionShape;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.device.cpu.CpuDevice;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.link.Link;
import dev.annulus.link.Workers;
import dev.annulus.link.aeron.AeronNetworks;
import dev.annulus.ring.RingProblem.Solution;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;

/**
 * What a ring of two allocates on the heap while it runs, by thread, once everything is compiled:
 * bytes a step of a pass, beside the bytes that a step sends. Not a test: run it by hand.
 * Arguments: warm-up passes, measured passes.
 */
final class RingAllocationReport {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int RANKS = 2;
  private static final int TOKENS = 1024;

  private RingAllocationReport() {}

  public static void main(String[] arguments) {
    int warmUp = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 300;
    int measured = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 200;
    for (boolean udp : new boolean[] {false, true}) {
      Documents documents = Documents.single(TOKENS);
      RingSchedule schedule =
          RingSchedule.of(Layouts.of(Layout.ZIGZAG, documents, RANKS), documents, Route.RING);
      RingProblem problem = RingProblem.of(new AttentionShape(2, 2, 128), documents, 1);
      Map<String, Long> before = new TreeMap<>();
      Map<String, Long> after = new TreeMap<>();
      long[] sent = new long[1];
      CyclicBarrier together = new CyclicBarrier(RANKS);
      Workers.run(
          AeronNetworks.large(udp, 65504, Duration.ofSeconds(60)),
          link -> {
            run(problem, schedule, link, warmUp, measured, together, before, after, sent);
            return List.<Solution>of();
          });
      int steps = 2 * RANKS * measured;
      System.out.printf(
          "%s: a step sends %,d bytes a rank%n", udp ? "UDP" : "shared memory", sent[0] / steps);
      after.forEach(
          (thread, bytes) -> {
            long allocated = bytes - before.getOrDefault(thread, 0L);
            if (allocated > 0) {
              System.out.printf("  %-32s %,10d bytes a step%n", thread, allocated / steps);
            }
          });
    }
  }

  private static void run(
      RingProblem problem,
      RingSchedule schedule,
      Link link,
      int warmUp,
      int measured,
      CyclicBarrier together,
      Map<String, Long> before,
      Map<String, Long> after,
      long[] sent) {
    Thread.currentThread().setName("worker " + link.rank());
    try (RingRank rank = new RingRank(problem, schedule, link, new CpuDevice())) {
      for (int pass = 0; pass < warmUp; pass++) {
        rank.run(pass);
      }
      await(together);
      if (link.rank() == 0) {
        before.putAll(allocated());
      }
      long sentBefore = link.counters().bytesSent();
      await(together);
      for (int pass = 0; pass < measured; pass++) {
        rank.run(warmUp + pass);
      }
      await(together);
      if (link.rank() == 0) {
        after.putAll(allocated());
        sent[0] = link.counters().bytesSent() - sentBefore;
      }
      await(together);
    }
  }

  /** Bytes since each living thread began, by name. */
  private static Map<String, Long> allocated() {
    Map<String, Long> bytes = new TreeMap<>();
    long[] ids = THREADS.getAllThreadIds();
    long[] allocated = THREADS.getThreadAllocatedBytes(ids);
    ThreadInfo[] threads = THREADS.getThreadInfo(ids);
    for (int i = 0; i < ids.length; i++) {
      if (threads[i] != null && allocated[i] > 0) {
        bytes.merge(threads[i].getThreadName(), allocated[i], Long::sum);
      }
    }
    return bytes;
  }

  private static void await(CyclicBarrier together) {
    try {
      together.await();
    } catch (InterruptedException | BrokenBarrierException e) {
      throw new IllegalStateException(e);
    }
  }
}
