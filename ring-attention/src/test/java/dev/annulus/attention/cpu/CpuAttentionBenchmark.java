package dev.annulus.attention.cpu;

import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.Masks;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.device.cpu.CpuThreads;
import dev.annulus.device.cpu.OpenBlas;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * Attention's useful GFLOP/s as a share of sgemm's (2048 cubed, same threads, taking turns),
 * medians of the shares. Arguments: {@code dense} or {@code packed}, threads, turns (default 7).
 *
 * <p>{@code dense}: causal and few-query shapes. {@code packed}: 12 documents of log-normal lengths
 * in 32K tokens, beside dense causal attention of the same tokens in the same turns.
 *
 * <p>One thread is timed by its own CPU time, so that other work on the machine counts less; more
 * by the clock.
 */
final class CpuAttentionBenchmark {
  private static final ThreadMXBean CPU_TIMES = ManagementFactory.getThreadMXBean();
  private static final int WARM_UP_TURNS = 1;

  private static final long PAUSE_NS = 150_000_000;

  /** What a turn does at least, so that a clock can tell. */
  private static final double LEAST_FLOP = 5e9;

  private final int threadCount;
  private final int turns;

  private CpuAttentionBenchmark(int threadCount, int turns) {
    this.threadCount = threadCount;
    this.turns = turns;
  }

  private record Case(AttentionShape shape, int queries, int keys, int keysBefore) {
    static Case causal(int heads, int kvHeads, int dim, int tokens) {
      return new Case(new AttentionShape(heads, kvHeads, dim), tokens, tokens, 0);
    }

    /** Query i stands at key position {@code keysBefore + i}. */
    VisibleKeys mask() {
      int[] to = IntStream.range(0, queries).map(i -> Math.min(keys, keysBefore + i + 1)).toArray();
      return new VisibleKeys(new int[queries], to);
    }
  }

  public static void main(String[] arguments) {
    String what = arguments.length > 0 ? arguments[0] : "dense";
    int threadCount = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1;
    int turns = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 7;
    System.out.printf(
        "%s, %s, %d threads, %d turns%n",
        OpenBlas.config(), OpenBlas.coreName(), threadCount, turns);
    CpuAttentionBenchmark benchmark = new CpuAttentionBenchmark(threadCount, turns);
    try (CpuThreads threads = new CpuThreads(threadCount);
        SquareProduct product = new SquareProduct()) {
      switch (what) {
        case "dense" -> benchmark.dense(threads, product);
        case "packed" -> benchmark.packed(threads, product);
        default -> throw new IllegalArgumentException(what + ", expected dense or packed");
      }
    }
  }

  private void dense(CpuThreads threads, SquareProduct product) {
    System.out.println("heads kvHeads dim queries keys | sgemm | forward | backward (GFLOP/s)");
    Case[] cases = {
      Case.causal(2, 1, 128, 4096),
      Case.causal(2, 2, 128, 4096),
      Case.causal(1, 1, 128, 4096),
      Case.causal(8, 8, 128, 2048),
      Case.causal(2, 2, 64, 4096),
      Case.causal(8, 4, 64, 1024),
      Case.causal(8, 4, 32, 1024),
      Case.causal(8, 4, 32, 256),
      Case.causal(4, 2, 16, 256),
      new Case(new AttentionShape(4, 2, 32), 256, 256, 256),
      new Case(new AttentionShape(8, 8, 128), 1, 4096, 4095),
      new Case(new AttentionShape(8, 2, 128), 1, 4096, 4095),
    };
    row(cases[0], threads, product); // for the compiler, which takes a core meanwhile
    for (Case c : cases) {
      System.out.print(row(c, threads, product));
    }
  }

  private String row(Case c, CpuThreads threads, SquareProduct product) {
    try (AttentionWork work = new AttentionWork(c.shape(), c.mask(), c.keys(), threads)) {
      double[] rates =
          rates(
              new double[] {product.flop(), work.forwardFlop(), work.backwardFlop()},
              () -> product.run(threadCount),
              work::forward,
              work::backward);
      AttentionShape shape = c.shape();
      return String.format(
          "%d %d %d %d %d | %.1f | %.1f = %.2f | %.1f = %.2f%n",
          shape.queryHeads(),
          shape.kvHeads(),
          shape.headDim(),
          c.queries(),
          c.keys(),
          rates[0],
          rates[1],
          rates[1] / rates[0],
          rates[2],
          rates[2] / rates[0]);
    }
  }

  private void packed(CpuThreads threads, SquareProduct product) {
    AttentionShape shape = new AttentionShape(1, 1, 128);
    int tokens = 32_768;
    for (long seed = 1; seed <= 2; seed++) {
      int[] lengths = logNormalLengths(12, tokens, seed);
      try (AttentionWork packed =
              new AttentionWork(shape, Masks.documents(lengths), tokens, threads);
          AttentionWork dense =
              new AttentionWork(shape, Masks.documents(tokens), tokens, threads)) {
        double[] rates =
            rates(
                new double[] {
                  product.flop(),
                  packed.forwardFlop(),
                  packed.backwardFlop(),
                  dense.forwardFlop(),
                  dense.backwardFlop()
                },
                () -> product.run(threadCount),
                packed::forward,
                packed::backward,
                dense::forward,
                dense::backward);
        System.out.printf(
            "seed %d, documents %s | sgemm %.1f | forward %.1f of dense %.1f = %.3f | backward %.1f"
                + " of dense %.1f = %.3f%n",
            seed,
            Arrays.toString(lengths),
            rates[0],
            rates[1],
            rates[3],
            rates[1] / rates[3],
            rates[2],
            rates[4],
            rates[2] / rates[4]);
      }
    }
  }

  /** Lengths exp(N(0, 1)), scaled to sum to {@code tokens}. */
  private static int[] logNormalLengths(int documents, int tokens, long seed) {
    Random random = new Random(seed);
    double[] weights =
        random.doubles(documents).map(_ -> Math.exp(random.nextGaussian())).toArray();
    double sum = Arrays.stream(weights).sum();
    int[] lengths = new int[documents];
    int left = tokens;
    for (int i = 0; i < documents; i++) {
      lengths[i] =
          i == documents - 1 ? left : Math.max(1, (int) Math.round(weights[i] / sum * tokens));
      left -= lengths[i];
    }
    return lengths;
  }

  /** Medians of GFLOP/s of each work; in each turn each runs once. */
  private double[] rates(double[] flop, Runnable... works) {
    double[][] rates = new double[works.length][turns];
    for (int turn = -WARM_UP_TURNS; turn < turns; turn++) {
      for (int i = 0; i < works.length; i++) {
        rates[i][Math.max(turn, 0)] = rate(flop[i], works[i]);
      }
    }
    return Arrays.stream(rates).mapToDouble(CpuAttentionBenchmark::median).toArray();
  }

  private double rate(double flop, Runnable work) {
    pause();
    int times = (int) Math.max(1, LEAST_FLOP / flop);
    long start = time();
    for (int i = 0; i < times; i++) {
      work.run();
    }
    return flop * times / (time() - start);
  }

  /** OpenBLAS's own threads go on polling for some 30 ms, on cores that the next work needs. */
  private void pause() {
    if (threadCount > 1) {
      LockSupport.parkNanos(PAUSE_NS);
    }
  }

  private long time() {
    return threadCount == 1 ? CPU_TIMES.getCurrentThreadCpuTime() : System.nanoTime();
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
