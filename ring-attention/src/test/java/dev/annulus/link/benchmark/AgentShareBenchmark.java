package dev.annulus.link.benchmark;

import dev.annulus.link.Link;
import dev.annulus.link.MessageTag;
import dev.annulus.link.Transfer;
import dev.annulus.link.Workers;
import dev.annulus.link.aeron.AeronNetworks;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** What the thread that runs a link takes from workers that compute. Not a test: run it by hand. */
final class AgentShareBenchmark {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private AgentShareBenchmark() {}

  public static void main(String[] arguments) {
    System.out.printf(
        "agent's share of a core while four threads compute: %.1f %% with a transfer waiting, %.1f"
            + " %% without%n",
        100 * agentShare(true), 100 * agentShare(false));
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
    Thread second = Thread.ofPlatform().start(AgentShareBenchmark::computeOnce);
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
}
