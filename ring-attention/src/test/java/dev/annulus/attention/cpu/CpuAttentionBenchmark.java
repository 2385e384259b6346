package dev.annulus.attention.cpu;

import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.HostMemory;
import dev.annulus.device.Tensor;
import dev.annulus.device.cpu.OpenBlas;
import dev.annulus.device.cpu.OpenBlas.Operand;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Attention's useful GFLOP/s on one thread as a share of sgemm's (2048 cubed), medians of runs that
 * take turns. Useful: 4 * visible pairs * headDim a query head forward, 2.5 times that backward.
 * Arguments: number of turns (default 9).
 */
final class CpuAttentionBenchmark {
  private static final int GEMM = 2048;

  /** Time of the thread, not of the clock: other work on the machine then counts less. */
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private CpuAttentionBenchmark() {}

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
    int turns = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 9;
    System.out.println(OpenBlas.config() + ", " + OpenBlas.coreName());
    System.out.println("heads kvHeads dim queries keys | sgemm | forward | backward (GFLOP/s)");
    Case[] cases = {
      Case.causal(2, 1, 128, 4096),
      Case.causal(2, 2, 128, 4096),
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
    for (Case c : cases) {
      try (HostMemory memory = new HostMemory();
          DeviceArena arena = memory.newArena()) {
        measure(c, turns, arena);
      }
    }
  }

  private static void measure(Case c, int turns, DeviceArena arena) {
    AttentionShape shape = c.shape();
    VisibleKeys mask = c.mask();
    CpuAttention kernel = new CpuAttention(arena);
    Tensor q = random(arena, c.queries(), shape.queryColumns());
    Tensor k = random(arena, c.keys(), shape.kvColumns());
    Tensor v = random(arena, c.keys(), shape.kvColumns());
    Tensor out = arena.allocate(c.queries(), shape.queryColumns());
    Tensor lse = random(arena, shape.queryHeads(), c.queries());
    Tensor dq = random(arena, c.queries(), shape.queryColumns());
    Tensor dk = random(arena, c.keys(), shape.kvColumns());
    Tensor dv = random(arena, c.keys(), shape.kvColumns());
    Tensor a = random(arena, GEMM, GEMM);
    Tensor b = random(arena, GEMM, GEMM);
    Tensor y = arena.allocate(GEMM, GEMM);
    Operand left = Operand.of(a.memory(), 0, GEMM);
    Operand right = Operand.of(b.memory(), 0, GEMM);
    Operand product = Operand.of(y.memory(), 0, GEMM);
    double flop = 4.0 * mask.area() * shape.headDim() * shape.queryHeads();
    Runnable gemm = () -> OpenBlas.sgemm(GEMM, GEMM, GEMM, 1, left, right, 0, product);
    Runnable forward =
        () -> {
          for (int i = 0; i < lse.size(); i++) {
            lse.setFloat(0, i, Float.NEGATIVE_INFINITY);
          }
          kernel.forward(shape, q, k, v, mask, out, lse);
        };
    Runnable backward = () -> kernel.backward(shape, q, k, v, mask, q, lse, lse, dq, dk, dv);
    double[][] rates = new double[3][turns];
    for (int turn = -2; turn < turns; turn++) {
      int at = Math.max(turn, 0);
      rates[0][at] = rate(2.0 * GEMM * GEMM * GEMM, gemm);
      rates[1][at] = rate(flop, forward);
      rates[2][at] = rate(2.5 * flop, backward);
    }
    double sgemm = median(rates[0]);
    System.out.printf(
        "%d %d %d %d %d | %.1f | %.1f = %.2f | %.1f = %.2f%n",
        shape.queryHeads(),
        shape.kvHeads(),
        shape.headDim(),
        c.queries(),
        c.keys(),
        sgemm,
        median(rates[1]),
        median(rates[1]) / sgemm,
        median(rates[2]),
        median(rates[2]) / sgemm);
  }

  private static double rate(double flop, Runnable work) {
    int times = (int) Math.max(1, 5e9 / flop);
    long start = THREADS.getCurrentThreadCpuTime();
    for (int i = 0; i < times; i++) {
      work.run();
    }
    return flop * times / (THREADS.getCurrentThreadCpuTime() - start);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static Tensor random(DeviceArena arena, long rows, long columns) {
    Random random = new Random(rows * 31 + columns);
    Tensor tensor = arena.allocate(rows, columns);
    for (long i = 0; i < tensor.size(); i++) {
      tensor.setFloat(0, i, (float) random.nextGaussian());
    }
    return tensor;
  }
}
