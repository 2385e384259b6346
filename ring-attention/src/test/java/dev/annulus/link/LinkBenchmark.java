package dev.annulus.link;

import dev.annulus.link.aeron.AeronNetworks;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/**
 * Throughput and latency of each link on this machine: two workers of one process send a block to
 * each other at once, as neighbours in a ring do. Prints medians. Not a test: run it by hand.
 */
final class LinkBenchmark {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final int ROUNDS = 60;

  private LinkBenchmark() {}

  public static void main(String[] arguments) {
    System.out.printf(
        "agent's share of a core while four threads compute: %.1f %% with a transfer waiting, %.1f"
            + " %% without%n",
        100 * agentShare(true), 100 * agentShare(false));
    System.out.println("link, block, median ms, GB/s each way");
    for (long bytes : new long[] {8, 1 << 20, 4 << 20, 16 << 20}) {
      print("in process", bytes, InProcessNetwork.create(2, TIMEOUT, () -> false));
      print("aeron ipc", bytes, AeronNetworks.large(false, 65504, TIMEOUT));
      for (int mtu : new int[] {1408, 8192, 65504}) {
        print("aeron udp, mtu " + mtu, bytes, AeronNetworks.large(true, mtu, TIMEOUT));
      }
    }
  }

  /** The share of a core that the agent takes while four workers compute for a second. */
  private static double agentShare(boolean waiting) {
    List<Link> links = AeronNetworks.large(false, 8192, TIMEOUT);
    return Workers.run(
            links,
            link -> {
              try (Arena arena = Arena.ofShared()) {
                MemorySegment bytes = arena.allocate(64);
                MessageTag tag = new MessageTag(MessageTag.Kind.KEYS, 0, 0, 0);
                Transfer receiving =
                    waiting && link.rank() == 1 ? link.receive(0, tag, bytes) : null;
                long before = agentCpuNs();
                long start = System.nanoTime();
                compute();
                double share = (double) (agentCpuNs() - before) / (System.nanoTime() - start);
                if (waiting && link.rank() == 0) {
                  link.send(1, tag, bytes).await();
                } else if (receiving != null) {
                  receiving.await();
                }
                return share;
              }
            })
        .getFirst();
  }

  /** Two threads a worker, two workers. */
  private static void compute() throws InterruptedException {
    Thread second = Thread.ofPlatform().start(LinkBenchmark::computeOnce);
    computeOnce();
    second.join();
  }

  private static void computeOnce() {
    long start = System.nanoTime();
    double value = 1;
    while (System.nanoTime() - start < 1_000_000_000L) {
      for (int i = 0; i < 10_000; i++) {
        value = Math.sqrt(value + i);
      }
    }
    if (value < 0) {
      throw new IllegalStateException("never");
    }
  }

  private static long agentCpuNs() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    return Arrays.stream(threads.getAllThreadIds())
        .filter(id -> threads.getThreadInfo(id).getThreadName().startsWith("annulus-link-"))
        .map(threads::getThreadCpuTime)
        .sum();
  }

  private static void print(String name, long bytes, List<Link> links) {
    double[] ms = Workers.run(links, link -> exchange(link, bytes)).getFirst();
    Arrays.sort(ms);
    double median = ms[ms.length / 2];
    System.out.printf(
        "%-20s %9d B  %8.3f ms  %6.2f GB/s%n", name, bytes, median, bytes / median / 1e6);
  }

  private static double[] exchange(Link link, long bytes) {
    int peer = 1 - link.rank();
    double[] ms = new double[ROUNDS];
    try (Arena arena = Arena.ofShared()) {
      MemorySegment out = arena.allocate(bytes, 64);
      MemorySegment in = arena.allocate(bytes, 64);
      for (int round = 0; round < ROUNDS; round++) {
        MessageTag tag = new MessageTag(MessageTag.Kind.KEYS, 0, round, 0);
        long start = System.nanoTime();
        Transfer receiving = link.receive(peer, tag, in);
        Transfer sending = link.send(peer, tag, out);
        receiving.await();
        sending.await();
        ms[round] = (System.nanoTime() - start) / 1e6;
      }
    }
    return ms;
  }
}
