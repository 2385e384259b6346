package dev.annulus.link;

import dev.annulus.link.aeron.AeronNetworks;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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
    System.out.println("link, block, median ms, GB/s each way");
    for (long bytes : new long[] {8, 1 << 20, 4 << 20, 16 << 20}) {
      print("in process", bytes, InProcessNetwork.create(2, TIMEOUT, () -> false));
      print("aeron ipc", bytes, AeronNetworks.large(false, 65504, TIMEOUT));
      for (int mtu : new int[] {1408, 8192, 65504}) {
        print("aeron udp, mtu " + mtu, bytes, AeronNetworks.large(true, mtu, TIMEOUT));
      }
    }
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
