package dev.annulus.device.cuda;

import static dev.annulus.device.cuda.OnGpu.FEW_ULPS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.device.DataType;
import dev.annulus.device.DeviceArena;
import dev.annulus.device.Differences;
import dev.annulus.device.HostDoubles;
import dev.annulus.device.Kernels;
import dev.annulus.device.RandomTensors;
import dev.annulus.device.Tensor;
import dev.annulus.device.cpu.CpuKernels;
import dev.annulus.device.cpu.CpuThreads;
import dev.annulus.device.reference.ReferenceKernels;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each operation on the GPU against the reference operation, in fp32 and in bf16. */
@Tag("gpu")
@Tag("sanitizer")
class CudaKernelsTest {
  private static final List<DataType> TYPES = List.of(DataType.FLOAT32, DataType.BFLOAT16);

  private final RandomTensors random = new RandomTensors(31);
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
    "1, 1, 1",
    "3, 5, 7",
    "64, 64, 64",
    "17, 100, 33",
    "1, 300, 257",
    "130, 96, 200",
    "256, 512, 384"
  })
  void linear(int tokens, int in, int out) {
    double budget = 2 * plainLinearError(tokens, in, out) + FEW_ULPS;
    for (DataType type : TYPES) {
      Tensor x = gpu.as(type, random.normal(tokens, in));
      Tensor w = gpu.as(type, random.normal(out, in));
      Tensor dy = gpu.as(type, random.normal(tokens, out));
      for (DataType result : type == DataType.FLOAT32 ? List.of(type) : TYPES) {
        String what = "linear " + type + " to " + result;
        Tensor y = gpu.as(result, random.full(tokens, out, Float.NaN));
        gpu.compare(what, budget, (k, t) -> k.linear(t[0], t[1], t[2]), x, w, y);
        Tensor dx = gpu.as(result, random.full(tokens, in, Float.NaN));
        gpu.compare(
            what, budget, (k, t) -> k.linearInputGradient(t[0], t[1], t[2], false), dy, w, dx);
        // A plain computation rounds the product and then the sum.
        gpu.compare(
            what,
            budget + (result == DataType.BFLOAT16 ? OnGpu.BF16_ROUNDING : 0),
            (k, t) -> k.linearInputGradient(t[0], t[1], t[2], true),
            dy,
            w,
            gpu.as(result, random.normal(tokens, in)));
      }
      gpu.compare(
          "residual " + type,
          budget + (type == DataType.BFLOAT16 ? OnGpu.BF16_ROUNDING : 0),
          (k, t) -> k.linear(t[0], t[1], t[2], t[3]),
          x,
          w,
          gpu.as(type, random.normal(tokens, out)),
          gpu.as(type, random.full(tokens, out, Float.NaN)));
      gpu.compare(
          "weight gradient " + type,
          budget,
          (k, t) -> k.linearWeightGradient(t[0], t[1], t[2]),
          dy,
          x,
          random.normal(out, in));
      gpu.compare(
          "weight gradient over what was there " + type,
          budget,
          (k, t) -> k.linearWeightGradient(t[0], t[1], t[2], false),
          dy,
          x,
          random.full(out, in, Float.NaN));
    }
  }

  private double plainLinearError(int tokens, int in, int out) {
    Tensor x = random.normal(tokens, in);
    Tensor w = random.normal(out, in);
    Tensor y = random.zeros(tokens, out);
    new ReferenceKernels().linear(x, w, y);
    double[] plain = new double[tokens * out];
    for (int t = 0; t < tokens; t++) {
      for (int o = 0; o < out; o++) {
        float sum = 0;
        for (int i = 0; i < in; i++) {
          sum += x.getFloat(t, i) * w.getFloat(o, i);
        }
        plain[t * out + o] = sum;
      }
    }
    return Differences.relative(plain, HostDoubles.read(y));
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 15", "5, 16", "4, 100", "7, 768", "700, 64", "9, 2048", "3, 16384"})
  void rmsNorm(int tokens, int n) {
    for (DataType type : TYPES) {
      Tensor x = gpu.as(type, random.normal(tokens, n, 3));
      Tensor dy = gpu.as(type, random.normal(tokens, n));
      Tensor weight = random.normal(1, n);
      Tensor inverse = random.zeros(1, tokens);
      new ReferenceKernels()
          .rmsNorm(x, weight, 1e-5f, gpu.as(type, random.zeros(tokens, n)), inverse);
      gpu.compare(
          "norm " + type,
          2 * FEW_ULPS,
          (k, t) -> k.rmsNorm(t[0], t[1], 1e-5f, t[2], t[3]),
          x,
          weight,
          gpu.as(type, random.full(tokens, n, Float.NaN)),
          random.zeros(1, tokens));
      gpu.compare(
          "gradient " + type,
          2 * FEW_ULPS,
          (k, t) -> k.rmsNormGradient(t[0], t[1], t[2], t[3], t[4], t[5]),
          dy,
          x,
          weight,
          inverse,
          gpu.as(type, random.normal(tokens, n)),
          random.normal(1, n));
      gpu.compare(
          "frozen " + type,
          2 * FEW_ULPS,
          (k, t) -> k.rmsNormGradient(t[0], t[1], t[2], t[3], t[4], null),
          dy,
          x,
          weight,
          inverse,
          gpu.as(type, random.normal(tokens, n)));
    }
  }

  @ParameterizedTest
  @CsvSource({"2, 2, 3", "1, 8, 5", "4, 16, 9", "3, 32, 4", "2, 40, 7", "2, 128, 300", "4, 34, 5"})
  void rotary(int heads, int headDim, int tokens) {
    Tensor cos = random.normal(tokens, headDim / 2);
    Tensor sin = random.normal(tokens, headDim / 2);
    Tensor x = random.normal(tokens, (long) heads * headDim);
    for (boolean inverse : new boolean[] {false, true}) {
      for (DataType type : TYPES) {
        gpu.compare(
            "in place " + type,
            FEW_ULPS,
            (k, t) -> k.rotary(t[0], headDim, t[1], t[2], inverse),
            gpu.as(type, x),
            cos,
            sin);
        gpu.compare(
            "from fp32 to " + type,
            FEW_ULPS + (type == DataType.BFLOAT16 ? OnGpu.BF16_ROUNDING : 0),
            (k, t) -> k.rotary(t[0], headDim, t[1], t[2], inverse, t[3]),
            x,
            cos,
            sin,
            gpu.as(type, random.zeros(tokens, (long) heads * headDim)));
      }
    }
  }

  @Test
  void rotaryAngles() {
    Tensor positions = random.arena().allocate(DataType.INT32, 1, 500);
    for (int t = 0; t < 500; t++) {
      positions.memory().setAtIndex(ValueLayout.JAVA_INT, t, t * t * 8);
    }
    Tensor frequencies = random.zeros(3, 32);
    for (int i = 0; i < 32; i++) {
      for (int row = 0; row < 3; row++) {
        frequencies.setFloat(row, i, (float) Math.pow(10_000 * (row + 1), -2.0 * i / 64));
      }
    }
    gpu.compare(
        "angles",
        FEW_ULPS,
        (k, t) -> k.rotaryAngles(t[0], t[1], t[2], 1.25f, t[3], t[4]),
        positions,
        frequencies,
        random.ids(500, 3),
        random.zeros(500, 32),
        random.zeros(500, 32));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 16, 33, 1000, 100_003})
  void swiGlu(int n) {
    Tensor gate = random.normal(2, n, 6);
    gate.setFloat(0, 0, -200);
    gate.setFloat(1, 0, 200);
    Tensor up = random.normal(2, n);
    Tensor dy = random.normal(2, n);
    for (DataType type : TYPES) {
      Tensor g = gpu.as(type, gate);
      Tensor u = gpu.as(type, up);
      gpu.compare(
          "forward " + type,
          FEW_ULPS,
          (k, t) -> k.swiGlu(t[0], t[1], t[2]),
          g,
          u,
          gpu.as(type, random.zeros(2, n)));
      gpu.compare(
          "in place " + type,
          FEW_ULPS,
          (k, t) -> k.swiGluGradient(t[0], t[1], t[2], t[1], t[2]),
          gpu.as(type, dy),
          g,
          u);
    }
  }

  @ParameterizedTest
  @CsvSource({"40, 11, 19", "300, 5, 64", "1000, 1, 24", "600, 5000, 2100", "1, 3, 8"})
  void embedding(int tokens, int vocabulary, int n) {
    Tensor ids = random.ids(tokens, vocabulary);
    for (DataType type : TYPES) {
      gpu.compare(
          "forward " + type,
          0,
          (k, t) -> k.embedding(t[0], t[1], t[2]),
          gpu.as(type, random.normal(vocabulary, n)),
          ids,
          gpu.as(type, random.zeros(tokens, n)));
      gpu.compare(
          "gradient " + type,
          2e-6,
          (k, t) -> k.embeddingGradient(t[0], t[1], t[2]),
          gpu.as(type, random.normal(tokens, n)),
          ids,
          random.normal(vocabulary, n));
    }
  }

  @Test
  void anIdThatTheTableHasNotGivesNaN() {
    try (DeviceArena arena = device.newArena()) {
      Tensor table = gpu.send(arena, random.normal(4, 8));
      Tensor ids = random.ids(3, 4);
      ids.memory().setAtIndex(ValueLayout.JAVA_INT, 1, 4);
      Tensor onGpu = gpu.send(arena, ids);
      Tensor y = arena.allocate(3, 8);
      device.kernels().embedding(table, onGpu, y);
      device.kernels().embeddingGradient(y, onGpu, table);
      double[] rows = HostDoubles.read(gpu.fetch(y));
      assertThat(rows[7]).isNotNaN();
      assertThat(rows[8]).isNaN();
      assertThat(rows[16]).isNotNaN();
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 7", "5, 256", "4, 1000", "2, 5003", "1, 131072", "900, 32"})
  void crossEntropy(int tokens, int vocabulary) {
    Tensor logits = random.normal(tokens, vocabulary, 3);
    Tensor targets = random.ids(tokens, vocabulary);
    Tensor weights = random.normal(1, tokens);
    if (tokens > 2) {
      weights.setFloat(0, 1, 0);
    }
    for (DataType type : TYPES) {
      for (float scale : new float[] {Float.NaN, 0.37f}) {
        gpu.compare(
            "scale " + scale + " " + type,
            2 * FEW_ULPS,
            (k, t) -> k.crossEntropy(t[0], t[1], t[2], t[3], scale),
            gpu.as(type, logits),
            targets,
            weights,
            random.full(1, tokens, Float.NaN));
      }
    }
  }

  @Test
  void crossEntropyOfExtremesIsFiniteAndNaNStaysVisible() {
    try (DeviceArena arena = device.newArena()) {
      Tensor logits = random.zeros(3, 10);
      logits.setFloat(0, 0, 3e38f);
      logits.setFloat(1, 4, Float.NEGATIVE_INFINITY);
      logits.setFloat(2, 7, Float.NaN);
      Tensor losses = arena.allocate(1, 3);
      device
          .kernels()
          .crossEntropy(
              gpu.send(arena, logits),
              gpu.send(arena, random.arena().allocate(DataType.INT32, 1, 3)),
              gpu.send(arena, random.full(1, 3, 1)),
              losses,
              Float.NaN);
      double[] values = HostDoubles.read(gpu.fetch(losses));
      assertThat(values[0]).isZero();
      assertThat(values[1]).isBetween(2.197, 2.198);
      assertThat(values[2]).isNaN();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 16, 999, 100_001})
  void elementwise(int n) {
    for (DataType type : TYPES) {
      Tensor x = gpu.as(type, random.normal(1, n));
      Tensor y = gpu.as(type, random.normal(1, n));
      gpu.compare("add " + type, FEW_ULPS, (k, t) -> k.add(t[0], t[1]), x, y);
      gpu.compare("scale " + type, FEW_ULPS, (k, t) -> k.scale(t[0], -0.3f), x);
      gpu.compare("fill " + type, 0, (k, t) -> k.fill(t[0], 1.5f), x);
      for (DataType to : TYPES) {
        gpu.compare(
            "copy " + type + " to " + to, 0, (k, t) -> k.copy(t[0], t[1]), x, gpu.as(to, y));
      }
      gpu.compare(
          "sum of squares " + type,
          1e-12,
          (k, t) -> k.fill(t[1], (float) k.sumOfSquares(t[0])),
          x,
          random.zeros(1, 1));
    }
  }

  @Test
  void slicesThatBeginOffTheWidthOfAnAccess() {
    for (DataType type : TYPES) {
      Tensor x = gpu.as(type, random.normal(9, 37));
      gpu.compare(
          "slices " + type,
          FEW_ULPS,
          (k, t) -> {
            k.add(t[0].rows(1, 4), t[0].rows(5, 8));
            k.swiGlu(t[0].rows(3, 4), t[0].rows(4, 5), t[0].rows(8, 9));
            k.linear(t[0].rows(1, 3), t[1], t[2].rows(1, 3));
          },
          x,
          gpu.as(type, random.normal(5, 37)),
          gpu.as(type, random.normal(3, 5)));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 16, 1003, 65_536})
  void adamW(int n) {
    for (boolean withCopy : new boolean[] {false, true}) {
      Tensor v = random.normal(1, n);
      for (int i = 0; i < n; i++) {
        v.setFloat(0, i, Math.abs(v.getFloat(0, i)));
      }
      gpu.compare(
          "adamW",
          FEW_ULPS,
          (k, t) -> {
            if (withCopy) {
              k.adamW(t[0], t[1], t[2], t[3], 0.7f, 1e-2, 0.9, 0.95, 1e-8, 0.1, 3, t[4]);
            } else {
              k.adamW(t[0], t[1], t[2], t[3], 0.7f, 1e-2, 0.9, 0.95, 1e-8, 0.1, 3);
            }
          },
          random.normal(1, n),
          random.normal(1, n),
          random.normal(1, n),
          v,
          gpu.as(DataType.BFLOAT16, random.normal(1, n)));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 33, 1003, 65_536, 1_000_001})
  void addNormalGivesTheBitsOfTheCpu(int n) {
    Tensor x = random.normal(1, n);
    Tensor expected = random.zeros(1, n);
    // Not a whole device: that needs OpenBLAS, which need not be where the GPU is.
    try (CpuThreads threads = new CpuThreads(2);
        DeviceArena arena = device.newArena()) {
      new CpuKernels(threads).addNormal(x, 0.999f, -3e-3f, 0x1234_5678_9abc_def0L, expected);
      Tensor y = arena.allocate(1, n);
      device.kernels().addNormal(gpu.send(arena, x), 0.999f, -3e-3f, 0x1234_5678_9abc_def0L, y);
      Tensor found = random.zeros(1, n);
      device.download(y, found.memory());
      assertThat(HostDoubles.read(found)).isEqualTo(HostDoubles.read(expected));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DataType.class,
      names = {"FLOAT32", "BFLOAT16"})
  void sameCallSameBits(DataType type) {
    Tensor dy = gpu.as(type, random.normal(777, 256));
    Tensor x = gpu.as(type, random.normal(777, 256));
    Tensor weight = random.normal(1, 256);
    Tensor inverse = random.full(1, 777, 0.9f);
    Tensor ids = random.ids(777, 20);
    double[][] first = null;
    for (int i = 0; i < 5; i++) {
      try (DeviceArena arena = device.newArena()) {
        Tensor dWeight = arena.allocate(1, 256);
        Tensor dTable = arena.allocate(20, 256);
        Tensor dw = arena.allocate(256, 256);
        Tensor over = gpu.send(arena, random.full(256, 256, Float.NaN));
        Kernels kernels = device.kernels();
        Tensor onGpuDy = gpu.send(arena, dy);
        Tensor onGpuX = gpu.send(arena, x);
        kernels.embeddingGradient(onGpuDy, gpu.send(arena, ids), dTable);
        kernels.linearWeightGradient(onGpuDy, onGpuX, dw);
        kernels.linearWeightGradient(onGpuDy, onGpuX, over, false);
        double norm = kernels.sumOfSquares(onGpuX);
        kernels.rmsNormGradient(
            onGpuDy,
            onGpuX,
            gpu.send(arena, weight),
            gpu.send(arena, inverse),
            arena.allocate(type, 777, 256),
            dWeight);
        double[][] all = {
          HostDoubles.read(gpu.fetch(dWeight)),
          HostDoubles.read(gpu.fetch(dTable)),
          HostDoubles.read(gpu.fetch(dw)),
          {norm}
        };
        first = first == null ? all : first;
        assertThat(all).isDeepEqualTo(first);
        assertThat(HostDoubles.read(gpu.fetch(over))).isEqualTo(all[2]);
      }
    }
  }

  @Test
  void refusesTensorsThatDoNotFit() {
    try (DeviceArena arena = device.newArena()) {
      Tensor x = arena.allocate(2, 3);
      Tensor half = arena.allocate(DataType.BFLOAT16, 2, 3);
      Tensor ids = arena.allocate(DataType.INT32, 1, 2);
      List<Consumer<Kernels>> wrong =
          List.of(
              kernels -> kernels.linear(x, x, x),
              kernels -> kernels.linear(x, half, arena.allocate(2, 2)),
              kernels -> kernels.linearWeightGradient(half, half, half),
              kernels -> kernels.rmsNorm(x, x, 0, x, x),
              kernels -> kernels.rotary(x, 2, x, x, false),
              kernels -> kernels.swiGlu(x, half, x),
              kernels -> kernels.embedding(x, ids, half),
              kernels -> kernels.add(x, half),
              kernels -> kernels.adamW(x, x, x, x, 1, 0.1, 0.9, 0.9, 0, 0, 1, ids));
      for (Consumer<Kernels> call : wrong) {
        assertThatThrownBy(() -> call.accept(device.kernels()))
            .isInstanceOf(IllegalArgumentException.class);
      }
    }
  }
}
