package dev.annulus.link.probe;

import dev.annulus.link.Link;
import dev.annulus.link.MessageTag;
import dev.annulus.link.Transfer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Measures a link the way a ring uses it: each rank sends blocks to the next and receives from the
 * one before at the same time. Of two ranks that is both ways between a pair. Rank 0 leads: a token
 * goes round before each batch of blocks and says how many there are, so nobody has to agree on a
 * time, and a slow link is measured with few blocks.
 */
public final class LinkProbe {
  /** Of a block; real ones are of this order. */
  public static final int BLOCK_BYTES = 1 << 20;

  private static final int IN_FLIGHT = 4;
  private static final int MOST_PASSES = 200;
  private static final int MOST_BLOCKS = 256;
  private static final long END = 0;
  private static final long ANOTHER_PASS = -1;

  private final Link link;
  private final MemorySegment token;
  private final MemorySegment outgoing;
  private final List<MemorySegment> incoming = new ArrayList<>();
  private long pass;
  private long exchange;

  private LinkProbe(Link link, Arena arena) {
    this.link = link;
    this.token = arena.allocate(Long.BYTES, Long.BYTES);
    this.outgoing = arena.allocate(BLOCK_BYTES, 64);
    for (int i = 0; i < IN_FLIGHT; i++) {
      incoming.add(arena.allocate(BLOCK_BYTES, 64));
    }
  }

  /**
   * Measures; all ranks call it at the same time.
   *
   * @param budgetNs for it, of which rank 0's counts; one block goes round whatever it is
   * @throws dev.annulus.link.LinkException if a peer does not do its part before the link's
   *     deadline
   */
  public static LinkMeasurement measure(Link link, long budgetNs) {
    if (link.size() < 2) {
      throw new IllegalArgumentException("a link of one rank leads nowhere");
    }
    try (Arena arena = Arena.ofShared()) {
      LinkProbe probe = new LinkProbe(link, arena);
      return link.rank() == 0 ? probe.lead(budgetNs) : probe.follow();
    }
  }

  private LinkMeasurement lead(long budgetNs) {
    long start = System.nanoTime();
    List<Double> passes = new ArrayList<>();
    do {
      passes.add((double) passToken(ANOTHER_PASS) / link.size());
    } while (passes.size() < MOST_PASSES && System.nanoTime() - start < budgetNs / 5);
    Rates rates = new Rates();
    long blocks = 1;
    while (blocks != END) {
      passToken(blocks);
      double seconds = exchange(blocks);
      rates.add(blocks, seconds);
      long leftNs = budgetNs - (System.nanoTime() - start);
      long fit = (long) (leftNs / 4e9 / seconds * blocks);
      blocks = leftNs <= 0 ? END : Math.clamp(fit, 1, MOST_BLOCKS);
    }
    passToken(END);
    return rates.with((long) median(passes));
  }

  private LinkMeasurement follow() {
    List<Double> passes = new ArrayList<>();
    Rates rates = new Rates();
    long start = System.nanoTime();
    for (long blocks = takeToken(); blocks != END; blocks = takeToken()) {
      if (blocks == ANOTHER_PASS) {
        passes.add((double) (System.nanoTime() - start) / link.size());
        start = System.nanoTime();
      } else {
        rates.add(blocks, exchange(blocks));
      }
    }
    // The first comes when it comes.
    return rates.with((long) median(passes.subList(Math.min(1, passes.size() - 1), passes.size())));
  }

  /** Gives the nanoseconds until the token was back. */
  private long passToken(long says) {
    long start = System.nanoTime();
    token.set(ValueLayout.JAVA_LONG, 0, says);
    forward();
    arrive();
    pass++;
    return System.nanoTime() - start;
  }

  private long takeToken() {
    arrive();
    long says = token.get(ValueLayout.JAVA_LONG, 0);
    forward();
    pass++;
    return says;
  }

  private void forward() {
    link.send(next(), tag(MessageTag.Kind.NOTICE, pass, link.rank()), token).await();
  }

  private void arrive() {
    link.receive(previous(), tag(MessageTag.Kind.NOTICE, pass, previous()), token).await();
  }

  /** Gives the seconds until the last block was in. */
  private double exchange(long blocks) {
    List<Transfer> sends = new ArrayList<>();
    List<Transfer> receives = new ArrayList<>();
    long start = System.nanoTime();
    for (int i = 0; i < blocks; i++) {
      if (i >= IN_FLIGHT) {
        receives.get(i - IN_FLIGHT).await();
        sends.get(i - IN_FLIGHT).await();
      }
      MessageTag.Kind kind = MessageTag.Kind.KEYS;
      receives.add(
          link.receive(previous(), tag(kind, exchange, previous()), incoming.get(i % IN_FLIGHT)));
      sends.add(link.send(next(), tag(kind, exchange, link.rank()), outgoing));
      exchange++;
    }
    receives.forEach(Transfer::await);
    double seconds = (System.nanoTime() - start) / 1e9;
    sends.forEach(Transfer::await);
    return seconds;
  }

  private static MessageTag tag(MessageTag.Kind kind, long sequence, int block) {
    return new MessageTag(kind, 0, sequence, block);
  }

  private int next() {
    return (link.rank() + 1) % link.size();
  }

  private int previous() {
    return Math.floorMod(link.rank() - 1, link.size());
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return sorted.length == 0
        ? 0
        : (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  /** Of the batches: the first is slower, as everything is opened with it, and counts if alone. */
  private static final class Rates {
    private double[] bytesPerSecond = new double[0];
    private int blocks;
    private double seconds;

    void add(long count, double took) {
      bytesPerSecond = Arrays.copyOf(bytesPerSecond, bytesPerSecond.length + 1);
      bytesPerSecond[bytesPerSecond.length - 1] = count * BLOCK_BYTES / took;
      blocks += (int) count;
      seconds += took;
    }

    LinkMeasurement with(long latencyNs) {
      int from = bytesPerSecond.length > 1 ? 1 : 0;
      return new LinkMeasurement(
          median(Arrays.stream(bytesPerSecond).skip(from).boxed().toList()),
          latencyNs,
          blocks,
          seconds);
    }
  }
}
