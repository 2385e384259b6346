package dev.annulus.device.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.attention.AttentionKernel;
import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.Masks;
import dev.annulus.attention.PlainAttention;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.attention.reference.ReferenceAttentionKernel;
import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Differences;
import dev.annulus.device.HostDoubles;
import dev.annulus.device.Kernels;
import dev.annulus.device.RandomTensors;
import dev.annulus.device.Tensor;
import dev.annulus.device.reference.ReferenceKernels;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The device's attention against the reference on the same inputs, in fp32 and in bf16. */
@Tag("gpu")
class CudaAttentionTest {
  private static final float NONE = Float.NEGATIVE_INFINITY;

  /** Of the results, the one that is compared element by element: it has infinities. */
  private static final int LSE = 1;

  /**
   * The tensor cores multiply probabilities that were rounded to bf16, and in the gradients their
   * products, rounded once more: twice the error of each such rounding.
   */
  private static final double BF16_NOISE = 2 * OnGpu.BF16_ROUNDING;

  private final RandomTensors random = new RandomTensors(41);
  private CudaDevice device;
  private OnGpu gpu;

  @BeforeEach
  void open() {
    device = Gpu.open();
    gpu = new OnGpu(device, random);
  }

  @AfterEach
  void close() {
    if (gpu != null) {
      gpu.close();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, 5",
    "2, 1, 3, 33",
    "1, 1, 16, 200",
    "4, 2, 24, 130",
    "8, 2, 32, 65",
    "6, 6, 64, 63",
    "2, 2, 64, 300",
    "4, 1, 128, 257",
    "2, 1, 256, 100",
    "16, 8, 128, 384"
  })
  void causal(int heads, int kvHeads, int dim, int tokens) {
    check(new AttentionShape(heads, kvHeads, dim), Masks.documents(tokens), tokens);
  }

  @Test
  void documentMasks() {
    AttentionShape shape = new AttentionShape(4, 2, 64);
    int[][] rows = {
      {1}, {-1}, {64, 64}, {63, 65}, {65, 63, 1}, {512, 16}, {100, 300, -50}, {-130}, {1, 1, 1, 600}
    };
    for (int[] lengths : rows) {
      VisibleKeys mask = Masks.documents(lengths);
      check(shape, mask, mask.queries());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void randomShapesAndDocuments(long seed) {
    Random draw = new Random(seed);
    int kvHeads = 1 + draw.nextInt(3);
    AttentionShape shape =
        new AttentionShape(kvHeads * (1 + draw.nextInt(4)), kvHeads, 1 + draw.nextInt(140));
    VisibleKeys mask = Masks.documents(Masks.randomLengths(draw, 1 + draw.nextInt(400)));
    check(shape, mask, mask.queries());
  }

  @Test
  void queriesOfAnotherBlockThanTheKeys() {
    AttentionShape shape = new AttentionShape(4, 2, 64);
    int[] first = Masks.firstVisible(100, 400, 200, -68);
    int[] zigzag = IntStream.concat(IntStream.range(96, 192), IntStream.range(576, 672)).toArray();
    int[] keys = IntStream.concat(IntStream.range(0, 96), IntStream.range(480, 640)).toArray();
    check(shape, VisibleKeys.between(zigzag, keys, first), keys.length);
    int[] striped = IntStream.range(0, 192).map(i -> 4 * i + 1).toArray();
    int[] others = IntStream.range(0, 192).map(i -> 4 * i + 3).toArray();
    check(shape, VisibleKeys.between(striped, others, first), others.length);
  }

  @Test
  void sameCallSameBits() {
    AttentionShape shape = new AttentionShape(4, 2, 128);
    VisibleKeys mask = Masks.documents(150, 77, -3);
    Problem problem = new Problem(shape, mask, 230, DataType.BFLOAT16);
    double[][] first = problem.onGpu();
    for (int i = 0; i < 5; i++) {
      assertThat(problem.onGpu()).isDeepEqualTo(first);
    }
  }

  @Test
  void aNaNStaysVisible() {
    AttentionShape shape = new AttentionShape(1, 1, 16);
    Tensor q = random.normal(20, 16);
    q.setFloat(5, 3, Float.NaN);
    try (DeviceArena arena = device.newArena()) {
      Tensor k = gpu.send(arena, random.normal(20, 16));
      Tensor out = arena.allocate(20, 16);
      Tensor lse = gpu.send(arena, random.full(1, 20, NONE));
      device.attention().forward(shape, gpu.send(arena, q), k, k, Masks.documents(20), out, lse);
      assertThat(gpu.fetch(lse).getFloat(0, 5)).isNaN();
      assertThat(gpu.fetch(out).getFloat(5, 0)).isNaN();
      assertThat(gpu.fetch(lse).getFloat(0, 4)).isNotNaN();
    }
  }

  @Test
  void refusesHeadsThatItHasNoRoomFor() {
    AttentionShape shape = new AttentionShape(1, 1, 300);
    try (DeviceArena arena = device.newArena()) {
      Tensor q = arena.allocate(4, 300);
      assertThatThrownBy(
              () ->
                  device
                      .attention()
                      .forward(shape, q, q, q, Masks.documents(4), q, arena.allocate(1, 4)))
          .hasMessageContaining("head dim 300, expected at most 256");
    }
  }

  /** What the tensor cores' kernels are made for, over several tiles. */
  @ParameterizedTest
  @CsvSource({"4, 2, 64", "8, 2, 128", "3, 3, 128"})
  void headsOfTheTensorCores(int heads, int kvHeads, int dim) {
    AttentionShape shape = new AttentionShape(heads, kvHeads, dim);
    for (int[] lengths :
        new int[][] {{500}, {1}, {127, 1, 129, 260}, {-40, 300, -100}, {383, -2}}) {
      VisibleKeys mask = Masks.documents(lengths);
      check(shape, mask, mask.queries());
    }
  }

  /** Of all kinds of tiles one, for tools that watch every access. */
  @Tag("sanitizer")
  @ParameterizedTest
  @ValueSource(ints = {64, 128})
  void fewTiles(int dim) {
    AttentionShape shape = new AttentionShape(2, 1, dim);
    VisibleKeys mask = Masks.documents(150, 47, -3);
    for (AttentionKernel kernel : kernels(shape, DataType.BFLOAT16)) {
      Problem problem = new Problem(shape, mask, mask.queries(), DataType.BFLOAT16);
      compare(
          problem + " " + kernel.getClass().getSimpleName(),
          problem.onGpu(kernel),
          problem.exact(),
          problem.plain(),
          BF16_NOISE);
    }
  }

  /** What is rounded where it is computed has the bits of what is kept in fp32 and then copied. */
  @ParameterizedTest
  @CsvSource({"4, 2, 64", "8, 2, 128", "2, 1, 24"})
  void theOnlyBlockIsRoundedOnce(int heads, int kvHeads, int dim) {
    AttentionShape shape = new AttentionShape(heads, kvHeads, dim);
    VisibleKeys mask = Masks.documents(300, 1, 129, -140);
    Problem problem = new Problem(shape, mask, mask.queries(), DataType.BFLOAT16);
    for (AttentionKernel kernel : kernels(shape, DataType.BFLOAT16)) {
      try (DeviceArena arena = device.newArena()) {
        Kernels kernels = device.kernels();
        Tensor q = gpu.send(arena, problem.q);
        Tensor k = gpu.send(arena, problem.k);
        Tensor v = gpu.send(arena, problem.v);
        Tensor sum = arena.allocate(q.rows(), q.columns());
        Tensor copied = arena.allocate(DataType.BFLOAT16, q.rows(), q.columns());
        Tensor lse = arena.allocate(heads, q.rows());
        kernel.forwardFirst(shape, q, k, v, mask, sum, lse, kernels);
        kernels.copy(sum, copied);
        double[] lseBefore = HostDoubles.read(gpu.fetch(lse));
        Tensor out = arena.allocate(DataType.BFLOAT16, q.rows(), q.columns());
        kernels.fill(out, Float.NaN);
        kernels.fill(sum, Float.NaN);
        kernels.fill(lse, Float.NaN);
        kernel.forwardOnly(shape, q, k, v, mask, sum, out, lse, kernels);
        assertThat(HostDoubles.read(gpu.fetch(out)))
            .as(kernel.getClass().getSimpleName())
            .isEqualTo(HostDoubles.read(gpu.fetch(copied)));
        assertThat(HostDoubles.read(gpu.fetch(lse))).isEqualTo(lseBefore);
      }
    }
  }

  /** Too much for the reference: against the plain kernels of the same GPU. */
  @ParameterizedTest
  @CsvSource({"16, 8, 128", "8, 4, 64"})
  void longRowsAsThePlainKernels(int heads, int kvHeads, int dim) {
    AttentionShape shape = new AttentionShape(heads, kvHeads, dim);
    VisibleKeys mask = Masks.documents(1700, 3, 900, 64, 1390, -39);
    Problem problem = new Problem(shape, mask, mask.queries(), DataType.BFLOAT16);
    double[][] plain = problem.onGpu(device.plainAttention());
    for (AttentionKernel kernel : kernels(shape, DataType.BFLOAT16)) {
      compare(problem + " " + kernel.getClass(), problem.onGpu(kernel), plain, plain, BF16_NOISE);
    }
  }

  /** Within twice the error of a plain fp32 computation, and one rounding of what is multiplied. */
  private void check(AttentionShape shape, VisibleKeys mask, int keys) {
    for (DataType type : List.of(DataType.FLOAT32, DataType.BFLOAT16)) {
      Problem problem = new Problem(shape, mask, keys, type);
      double[][] exact = problem.exact();
      double[][] plain = problem.plain();
      for (AttentionKernel kernel : kernels(shape, type)) {
        double noise =
            type == DataType.FLOAT32
                ? 4e-7
                : kernel instanceof PlainCudaAttention ? OnGpu.BF16_ROUNDING : BF16_NOISE;
        String what = problem + " " + kernel.getClass().getSimpleName();
        compare(what, problem.onGpu(kernel), exact, plain, noise);
      }
    }
  }

  private static void compare(
      String what, double[][] fast, double[][] exact, double[][] plain, double noise) {
    String[] names = {"out", "lse", "dq", "dk", "dv"};
    for (int i = 0; i < names.length; i++) {
      assertThat(fast[i]).as(what + ": " + names[i]).doesNotContain(Double.NaN);
      double allowed = i == LSE ? 5 * noise : vanishes(exact[i]) ? 10 * noise : noise;
      assertThat(difference(i, fast[i], exact[i]))
          .as(what + ": " + names[i])
          .isLessThanOrEqualTo(2 * difference(i, plain[i], exact[i]) + allowed);
    }
  }

  /** All that the device has for such inputs. */
  private List<AttentionKernel> kernels(AttentionShape shape, DataType type) {
    return TensorCoreAttention.takes(shape, type)
        ? List.of(device.plainAttention(), device.attention(), device.portableAttention())
        : List.of(device.plainAttention(), device.attention());
  }

  /** Relative to the exact result, unless that is 0 but for the rounding of what it is made of. */
  private static double difference(int result, double[] a, double[] exact) {
    return result == LSE || vanishes(exact)
        ? Differences.largest(a, exact)
        : Differences.relative(a, exact);
  }

  /** As the gradients of a query with one key do; sums of up to 128 products of size 1 cancel. */
  private static boolean vanishes(double[] exact) {
    return DoubleStream.of(exact).allMatch(value -> Math.abs(value) < 1e-5);
  }

  /** Inputs, and the keys in two blocks. */
  private final class Problem {
    private final AttentionShape shape;
    private final VisibleKeys mask;
    private final int cut;
    private final Tensor q;
    private final Tensor k;
    private final Tensor v;
    private final Tensor dOut;

    Problem(AttentionShape shape, VisibleKeys mask, int keys, DataType type) {
      this.shape = shape;
      this.mask = mask;
      this.cut = keys / 3;
      q = gpu.as(type, random.normal(mask.queries(), shape.queryColumns()));
      k = gpu.as(type, random.normal(keys, shape.kvColumns()));
      v = gpu.as(type, random.normal(keys, shape.kvColumns()));
      dOut = gpu.as(type, random.normal(mask.queries(), shape.queryColumns()));
    }

    @Override
    public String toString() {
      return shape + " " + q.type() + " " + q.rows() + " x " + k.rows();
    }

    double[][] onGpu() {
      return onGpu(device.attention());
    }

    double[][] onGpu(AttentionKernel kernel) {
      try (DeviceArena arena = device.newArena()) {
        Tensor[] results =
            run(
                kernel,
                device.kernels(),
                arena,
                gpu.send(arena, q),
                gpu.send(arena, k),
                gpu.send(arena, v),
                gpu.send(arena, dOut),
                gpu.send(arena, random.full(shape.queryHeads(), q.rows(), NONE)));
        return read(
            IntStream.range(0, results.length)
                .mapToObj(i -> gpu.fetch(results[i]))
                .toArray(Tensor[]::new));
      }
    }

    double[][] exact() {
      Tensor lse = random.full(shape.queryHeads(), q.rows(), NONE);
      return read(
          run(
              new ReferenceAttentionKernel(),
              new ReferenceKernels(),
              random.arena(),
              q,
              k,
              v,
              dOut,
              lse));
    }

    double[][] plain() {
      var plain =
          PlainAttention.run(
              shape,
              gpu.as(DataType.FLOAT32, q),
              gpu.as(DataType.FLOAT32, k),
              gpu.as(DataType.FLOAT32, v),
              mask,
              gpu.as(DataType.FLOAT32, dOut));
      return new double[][] {plain.out(), plain.lse(), plain.dq(), plain.dk(), plain.dv()};
    }

    private Tensor[] run(
        AttentionKernel kernel,
        Kernels kernels,
        DeviceArena arena,
        Tensor queries,
        Tensor keys,
        Tensor values,
        Tensor gradient,
        Tensor lse) {
      Tensor out = arena.allocate(q.rows(), q.columns());
      Tensor delta = arena.allocate(shape.queryHeads(), q.rows());
      Tensor dq = arena.allocate(q.rows(), q.columns());
      Tensor dk = arena.allocate(k.rows(), k.columns());
      Tensor dv = arena.allocate(v.rows(), v.columns());
      int[] ends = {0, cut, (int) k.rows()};
      for (int b = 0; b < 2; b++) {
        Tensor blockK = keys.rows(ends[b], ends[b + 1]);
        Tensor blockV = values.rows(ends[b], ends[b + 1]);
        VisibleKeys visible = block(ends[b], ends[b + 1]);
        if (b == 0) {
          kernels.fill(out, Float.NaN);
          kernels.fill(lse, Float.NaN);
          kernel.forwardFirst(shape, queries, blockK, blockV, visible, out, lse, kernels);
        } else {
          kernel.forward(shape, queries, blockK, blockV, visible, out, lse);
        }
      }
      kernel.delta(shape, out, gradient, delta);
      for (int b = 0; b < 2; b++) {
        Tensor blockK = keys.rows(ends[b], ends[b + 1]);
        Tensor blockV = values.rows(ends[b], ends[b + 1]);
        Tensor blockDk = dk.rows(ends[b], ends[b + 1]);
        Tensor blockDv = dv.rows(ends[b], ends[b + 1]);
        VisibleKeys visible = block(ends[b], ends[b + 1]);
        if (b == 0) {
          kernels.fill(dq, Float.NaN);
          kernels.fill(blockDk, Float.NaN);
          kernels.fill(blockDv, Float.NaN);
          kernel.backwardFirst(
              shape, queries, blockK, blockV, visible, gradient, lse, delta, dq, blockDk, blockDv,
              kernels);
        } else {
          kernel.backward(
              shape, queries, blockK, blockV, visible, gradient, lse, delta, dq, blockDk, blockDv);
        }
      }
      return new Tensor[] {out, lse, dq, dk, dv};
    }

    private VisibleKeys block(int start, int end) {
      int[] from = new int[mask.queries()];
      int[] to = new int[mask.queries()];
      for (int i = 0; i < from.length; i++) {
        from[i] = Math.clamp(mask.from()[i], start, end) - start;
        to[i] = Math.max(from[i], Math.clamp(mask.to()[i], start, end) - start);
      }
      return new VisibleKeys(from, to);
    }

    private double[][] read(Tensor[] tensors) {
      double[][] values = new double[tensors.length][];
      for (int i = 0; i < tensors.length; i++) {
        values[i] = HostDoubles.read(tensors[i]);
      }
      return values;
    }
  }
}
