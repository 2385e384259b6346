package dev.annulus.device.cuda;

import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.Masks;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Kernels;
import dev.annulus.device.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;

/**
 * How fast the GPU's operations are: matrix products against the largest one, everything else
 * against a copy on the same GPU in the same run. Sizes are those of one row of 8192 tokens of a
 * Llama of 1.0 billion parameters.
 */
public final class CudaBenchmark {
  private static final int TOKENS = 8192;
  private static final int HIDDEN = 2048;
  private static final int INTERMEDIATE = 5632;
  private static final int VOCABULARY = 32_000;
  private static final int REPEATS = 20;

  private final CudaDevice device;
  private final DeviceArena arena;
  private final Kernels kernels;

  private CudaBenchmark(CudaDevice device, DeviceArena arena) {
    this.device = device;
    this.arena = arena;
    this.kernels = device.kernels();
  }

  /** Prints the tables. */
  public static void main(String[] arguments) {
    try (CudaDevice device = new CudaDevice(0);
        DeviceArena arena = device.newArena()) {
      System.out.println(device.describe());
      CudaBenchmark benchmark = new CudaBenchmark(device, arena);
      benchmark.launches();
      benchmark.products();
      benchmark.streaming();
      benchmark.attention();
    }
  }

  /** Host time of a launch, as no queue is ever full. */
  private void launches() {
    Tensor small = arena.allocate(1, 8);
    double best = Double.POSITIVE_INFINITY;
    for (int round = 0; round < 20; round++) {
      device.synchronize();
      long start = System.nanoTime();
      for (int i = 0; i < 500; i++) {
        kernels.scale(small, 1);
      }
      best = Math.min(best, (System.nanoTime() - start) / 500.0);
      device.synchronize();
    }
    System.out.printf(Locale.ROOT, "launch: %.2f us of host time%n", best / 1e3);
  }

  private void products() {
    Tensor big = random(8192, 8192);
    Tensor result = arena.allocate(DataType.BFLOAT16, 8192, 8192);
    double peak = 2.0 * Math.pow(8192, 3) / seconds(() -> kernels.linear(big, big, result));
    System.out.printf(
        Locale.ROOT, "matrix products, TFLOP/s and share of 8192^3 (%.0f):%n", peak / 1e12);
    int[][] shapes = {
      {HIDDEN, HIDDEN},
      {HIDDEN, HIDDEN / 2},
      {HIDDEN, INTERMEDIATE},
      {INTERMEDIATE, HIDDEN},
      {HIDDEN, VOCABULARY}
    };
    for (int[] shape : shapes) {
      int tokens = shape[1] == VOCABULARY ? 4096 : TOKENS;
      Tensor x = random(tokens, shape[0]);
      Tensor w = random(shape[1], shape[0]);
      Tensor y = random(tokens, shape[1]);
      Tensor dx = random(tokens, shape[0]);
      Tensor dw = arena.allocate(shape[1], shape[0]);
      double flops = 2.0 * tokens * shape[0] * shape[1];
      double forward = flops / seconds(() -> kernels.linear(x, w, y));
      double input = flops / seconds(() -> kernels.linearInputGradient(y, w, dx, false));
      double weight = flops / seconds(() -> kernels.linearWeightGradient(y, x, dw));
      System.out.printf(
          Locale.ROOT,
          "  [%d, %d] to %d: forward %.0f (%.2f), dx %.0f (%.2f), dw %.0f (%.2f)%n",
          tokens,
          shape[0],
          shape[1],
          forward / 1e12,
          forward / peak,
          input / 1e12,
          input / peak,
          weight / 1e12,
          weight / peak);
    }
  }

  private void streaming() {
    Tensor a = random(TOKENS, INTERMEDIATE);
    Tensor b = random(TOKENS, INTERMEDIATE);
    Tensor c = random(TOKENS, INTERMEDIATE);
    Tensor x = random(TOKENS, HIDDEN);
    Tensor y = random(TOKENS, HIDDEN);
    Tensor dx = random(TOKENS, HIDDEN);
    Tensor norm = arena.allocate(1, HIDDEN);
    Tensor rms = arena.allocate(1, TOKENS);
    Tensor angles = arena.allocate(TOKENS, 64);
    Tensor wide = arena.allocate(TOKENS, HIDDEN);
    Tensor dNorm = arena.allocate(1, HIDDEN);
    Tensor logits = random(4096, VOCABULARY);
    Tensor ids = ids(TOKENS);
    Tensor ones = arena.allocate(1, TOKENS);
    Tensor losses = arena.allocate(1, TOKENS);
    kernels.fill(ones, 1);
    kernels.fill(rms, 1);
    Tensor weights = arena.allocate(1, 1 << 27);
    Tensor gradient = arena.allocate(1, 1 << 27);
    Tensor m = arena.allocate(1, 1 << 27);
    Tensor v = arena.allocate(1, 1 << 27);
    Tensor half = arena.allocate(DataType.BFLOAT16, 1, 1 << 27);
    Tensor table = arena.allocate(VOCABULARY, HIDDEN);
    double copy = 8.0 * (1 << 27) / seconds(() -> kernels.copy(gradient, weights));
    System.out.printf(
        Locale.ROOT, "everything else, GB/s and share of a copy (%.0f):%n", copy / 1e9);
    report("add", copy, 6.0 * x.size(), () -> kernels.add(x, y));
    report("rmsNorm", copy, 4.0 * x.size(), () -> kernels.rmsNorm(x, norm, 1e-5f, y, rms));
    report(
        "rmsNorm gradient",
        copy,
        8.0 * x.size(),
        () -> kernels.rmsNormGradient(y, x, norm, rms, dx, dNorm));
    report("rotary", copy, 4.0 * x.size(), () -> kernels.rotary(x, 128, angles, angles, false));
    report(
        "rotary from fp32",
        copy,
        6.0 * x.size(),
        () -> kernels.rotary(wide, 128, angles, angles, true, x));
    report("swiGlu", copy, 6.0 * a.size(), () -> kernels.swiGlu(a, b, c));
    report("swiGlu gradient", copy, 10.0 * a.size(), () -> kernels.swiGluGradient(c, a, b, a, b));
    report(
        "embedding",
        copy,
        4.0 * x.size(),
        () -> kernels.embedding(half.rows(0, 1).reshape(1 << 16, HIDDEN), ids, x));
    report(
        "embedding gradient",
        copy,
        10.0 * x.size(),
        () -> kernels.embeddingGradient(x, ids, table));
    report(
        "cross-entropy",
        copy,
        4.0 * logits.size(),
        () ->
            kernels.crossEntropy(
                logits,
                ids.reshape(TOKENS, 1).rows(0, 4096).reshape(1, 4096),
                ones.reshape(TOKENS, 1).rows(0, 4096).reshape(1, 4096),
                losses.reshape(TOKENS, 1).rows(0, 4096).reshape(1, 4096),
                1e-4f));
    report("sum of squares", copy, 4.0 * (1 << 27), () -> kernels.sumOfSquares(gradient));
    report(
        "AdamW with bf16 copy",
        copy,
        30.0 * (1 << 27),
        () -> kernels.adamW(weights, gradient, m, v, 1, 1e-4, 0.9, 0.95, 1e-8, 0.1, 2, half));
  }

  private void attention() {
    AttentionShape shape = new AttentionShape(16, 8, 128);
    int tokens = 4096;
    VisibleKeys mask = Masks.documents(tokens);
    Tensor q = random(tokens, shape.queryColumns());
    Tensor k = random(tokens, shape.kvColumns());
    Tensor out = arena.allocate(tokens, shape.queryColumns());
    Tensor lse = arena.allocate(shape.queryHeads(), tokens);
    Tensor delta = arena.allocate(shape.queryHeads(), tokens);
    Tensor dq = arena.allocate(tokens, shape.queryColumns());
    Tensor dk = arena.allocate(tokens, shape.kvColumns());
    double flops = 4.0 * tokens * tokens * shape.queryColumns() / 2;
    double forward =
        flops / seconds(() -> device.attention().forward(shape, q, k, k, mask, out, lse));
    double backward =
        2.5
            * flops
            / seconds(
                () -> device.attention().backward(shape, q, k, k, mask, q, lse, delta, dq, dk, dk));
    System.out.printf(
        Locale.ROOT,
        "attention, 16 heads of 128 on %d tokens, TFLOP/s: forward %.1f, backward %.1f%n",
        tokens,
        forward / 1e12,
        backward / 1e12);
  }

  private void report(String name, double copy, double bytes, Runnable operation) {
    double rate = bytes / seconds(operation);
    System.out.printf(Locale.ROOT, "  %-22s %5.0f (%.2f)%n", name, rate / 1e9, rate / copy);
  }

  /** Median, by events of the GPU. */
  private double seconds(Runnable operation) {
    operation.run();
    operation.run();
    double[] times = new double[REPEATS];
    for (int i = 0; i < REPEATS; i++) {
      times[i] = device.millisOf(operation) / 1e3;
    }
    Arrays.sort(times);
    return times[REPEATS / 2];
  }

  private Tensor random(long rows, long columns) {
    Tensor tensor = arena.allocate(DataType.BFLOAT16, rows, columns);
    short[] values = new short[(int) Math.min(1 << 20, tensor.size())];
    Random random = new Random(1);
    for (int i = 0; i < values.length; i++) {
      values[i] = dev.annulus.device.BFloat16.fromFloat((float) random.nextGaussian());
    }
    Tensor column = tensor.reshape(tensor.size(), 1);
    for (long from = 0; from < column.rows(); from += values.length) {
      long to = Math.min(column.rows(), from + values.length);
      device.upload(
          MemorySegment.ofArray(values).asSlice(0, 2 * (to - from)), column.rows(from, to));
    }
    return tensor;
  }

  private Tensor ids(int count) {
    Tensor ids = arena.allocate(DataType.INT32, 1, count);
    Random random = new Random(2);
    MemorySegment host = MemorySegment.ofArray(new int[count]);
    for (int i = 0; i < count; i++) {
      host.setAtIndex(ValueLayout.JAVA_INT, i, random.nextInt(VOCABULARY));
    }
    device.upload(host, ids);
    return ids;
  }
}
