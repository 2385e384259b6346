package dev.annulus.device.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.annulus.device.Differences;
import dev.annulus.device.HostDoubles;
import dev.annulus.device.Kernels;
import dev.annulus.device.RandomTensors;
import dev.annulus.device.Tensor;
import dev.annulus.device.reference.ReferenceKernels;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each operation against the reference operation on the same fp32 tensors. */
class CpuKernelsTest {
  /** A few roundings of fp32, norm-wise. */
  private static final double FEW_ULPS = 3e-7;

  private final RandomTensors random = new RandomTensors(23);
  private final CpuThreads threads = new CpuThreads(2);
  private final Kernels fast = new CpuKernels(threads);
  private final Kernels exact = new ReferenceKernels();

  @AfterEach
  void free() {
    threads.close();
    random.close();
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "3, 5, 7", "64, 64, 64", "17, 100, 33", "1, 300, 257", "130, 96, 200"})
  void linear(int tokens, int in, int out) {
    double budget = 2 * plainLinearError(tokens, in, out) + FEW_ULPS;
    Tensor x = random.normal(tokens, in);
    Tensor w = random.normal(out, in);
    Tensor dy = random.normal(tokens, out);
    compare(budget, random.full(tokens, out, Float.NaN), (kernels, y) -> kernels.linear(x, w, y));
    compare(
        budget,
        random.full(tokens, in, Float.NaN),
        (kernels, dx) -> kernels.linearInputGradient(dy, w, dx, false));
    compare(
        budget,
        random.normal(tokens, in),
        (kernels, dx) -> kernels.linearInputGradient(dy, w, dx, true));
    compare(
        budget, random.normal(out, in), (kernels, dw) -> kernels.linearWeightGradient(dy, x, dw));
    compare(
        budget,
        random.full(out, in, Float.NaN),
        (kernels, dw) -> kernels.linearWeightGradient(dy, x, dw, false));
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "7, 24, 40", "150, 272, 530", "0, 8, 8"})
  void firstWeightGradientGivesTheBitsOfOneAddedToZeros(int tokens, int in, int out) {
    Tensor x = random.normal(tokens, in);
    Tensor dy = random.normal(tokens, out);
    Tensor added = random.zeros(out, in);
    Tensor over = random.full(out, in, Float.NaN);
    fast.linearWeightGradient(dy, x, added);
    fast.linearWeightGradient(dy, x, over, false);
    assertThat(HostDoubles.read(over)).isEqualTo(HostDoubles.read(added));
  }

  private double plainLinearError(int tokens, int in, int out) {
    Tensor x = random.normal(tokens, in);
    Tensor w = random.normal(out, in);
    Tensor y = random.zeros(tokens, out);
    exact.linear(x, w, y);
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
  @CsvSource({"1, 1", "3, 15", "5, 16", "4, 100", "7, 768"})
  void rmsNorm(int tokens, int n) {
    Tensor x = random.normal(tokens, n, 3);
    Tensor weight = random.normal(1, n);
    Tensor dy = random.normal(tokens, n);
    Tensor inverse = random.zeros(1, tokens);
    compare(
        FEW_ULPS,
        random.zeros(tokens, n),
        (kernels, y) -> kernels.rmsNorm(x, weight, 1e-5f, y, inverse));
    compare(
        FEW_ULPS,
        random.zeros(1, tokens),
        (kernels, r) -> kernels.rmsNorm(x, weight, 1e-5f, random.zeros(tokens, n), r));
    compare(
        FEW_ULPS,
        random.normal(tokens, n),
        (kernels, dx) -> kernels.rmsNormGradient(dy, x, weight, inverse, dx, null));
    Tensor dx = random.zeros(tokens, n);
    compare(
        FEW_ULPS,
        random.normal(1, n),
        (kernels, dWeight) -> kernels.rmsNormGradient(dy, x, weight, inverse, dx, dWeight));
  }

  @ParameterizedTest
  @CsvSource({"2, 2, 3", "1, 8, 5", "4, 16, 9", "3, 32, 4", "2, 40, 7", "2, 128, 3"})
  void rotary(int heads, int headDim, int tokens) {
    Tensor cos = random.normal(tokens, headDim / 2);
    Tensor sin = random.normal(tokens, headDim / 2);
    for (boolean inverse : new boolean[] {false, true}) {
      compare(
          FEW_ULPS,
          random.normal(tokens, (long) heads * headDim),
          (kernels, x) -> kernels.rotary(x, headDim, cos, sin, inverse));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 16, 33, 1000})
  void swiGlu(int n) {
    Tensor gate = random.normal(2, n, 6);
    gate.setFloat(0, 0, -200);
    gate.setFloat(1, 0, 200);
    Tensor up = random.normal(2, n);
    Tensor dy = random.normal(2, n);
    compare(FEW_ULPS, random.zeros(2, n), (kernels, y) -> kernels.swiGlu(gate, up, y));
    compare(
        FEW_ULPS,
        random.copyOf(gate),
        (kernels, inPlace) -> kernels.swiGluGradient(dy, inPlace, up, inPlace, random.zeros(2, n)));
    compare(
        FEW_ULPS,
        random.copyOf(up),
        (kernels, inPlace) ->
            kernels.swiGluGradient(dy, gate, inPlace, random.zeros(2, n), inPlace));
  }

  @Test
  void embedding() {
    Tensor table = random.normal(11, 19);
    Tensor ids = random.ids(40, 11);
    Tensor dy = random.normal(40, 19);
    compare(0, random.zeros(40, 19), (kernels, y) -> kernels.embedding(table, ids, y));
    compare(
        FEW_ULPS,
        random.normal(11, 19),
        (kernels, dTable) -> kernels.embeddingGradient(dy, ids, dTable));
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 7", "5, 256", "4, 1000", "2, 5003", "1, 131072"})
  void crossEntropy(int tokens, int vocabulary) {
    Tensor logits = random.normal(tokens, vocabulary, 3);
    Tensor targets = random.ids(tokens, vocabulary);
    Tensor weights = random.normal(1, tokens);
    if (tokens > 2) {
      weights.setFloat(0, 1, 0);
    }
    compare(
        FEW_ULPS,
        random.full(1, tokens, Float.NaN),
        (kernels, losses) ->
            kernels.crossEntropy(random.copyOf(logits), targets, weights, losses, 0.25f));
    compare(
        2 * FEW_ULPS,
        random.copyOf(logits),
        (kernels, inPlace) ->
            kernels.crossEntropy(inPlace, targets, weights, random.zeros(1, tokens), 0.25f));
    Tensor kept = random.copyOf(logits);
    fast.crossEntropy(kept, targets, weights, random.zeros(1, tokens), Float.NaN);
    assertThat(kept.memory().mismatch(logits.memory())).as("no gradient asked for").isEqualTo(-1);
  }

  @Test
  void crossEntropyOfHugeLogits() {
    Tensor logits = random.full(1, 20, -1e30f);
    logits.setFloat(0, 3, 1e30f);
    Tensor losses = random.zeros(1, 1);
    Tensor target = random.ids(1, 1);
    target.memory().setAtIndex(ValueLayout.JAVA_INT, 0, 3);
    fast.crossEntropy(logits, target, random.full(1, 1, 1), losses, 1);
    assertThat(losses.getFloat(0, 0)).isZero();
    assertThat(HostDoubles.read(logits)).containsOnly(0);
  }

  @Test
  void crossEntropyShowsANaN() {
    Tensor logits = random.normal(1, 50);
    logits.setFloat(0, 20, Float.NaN);
    Tensor losses = random.zeros(1, 1);
    fast.crossEntropy(logits, random.ids(1, 10), random.full(1, 1, 1), losses, Float.NaN);
    assertThat(losses.getFloat(0, 0)).isNaN();
  }

  @Test
  void idsOutOfRangeNameTokenAndVocabulary() {
    Tensor targets = random.ids(3, 5);
    targets.memory().setAtIndex(ValueLayout.JAVA_INT, 2, 5);
    Tensor logits = random.normal(3, 5);
    Tensor ones = random.full(1, 3, 1);
    for (Kernels kernels : List.of(fast, exact)) {
      assertThatThrownBy(() -> kernels.crossEntropy(logits, targets, ones, random.zeros(1, 3), 1))
          .isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessageContaining("target 5 at token 2")
          .hasMessageContaining("vocabulary of 5");
      assertThatThrownBy(() -> kernels.embedding(random.normal(5, 5), targets, random.zeros(3, 5)))
          .isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessageContaining("id 5 at token 2");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 15, 16, 50, 4099})
  void elementwise(int n) {
    Tensor x = random.normal(1, n);
    compare(FEW_ULPS, random.normal(n, 1), (kernels, y) -> kernels.add(x, y));
    compare(0, random.normal(1, n), (kernels, y) -> kernels.scale(y, 0.37f));
    compare(0, random.normal(1, n), (kernels, y) -> kernels.fill(y, 0.37f));
    compare(0, random.normal(n, 1), (kernels, y) -> kernels.copy(x, y));
    double squares = exact.sumOfSquares(x);
    assertThat(Math.abs(fast.sumOfSquares(x) / squares - 1)).isLessThan(1e-13);
    assertThat(fast.sumOfSquares(x)).isEqualTo(fast.sumOfSquares(x));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 16, 77})
  void adamW(int n) {
    Tensor gradient = random.normal(1, n, 1e-2);
    Tensor m = random.normal(1, n, 1e-2);
    Tensor v = random.zeros(1, n);
    exact.add(gradient, v);
    for (int i = 0; i < n; i++) {
      v.setFloat(0, i, Math.abs(v.getFloat(0, i)) * 1e-2f);
    }
    Tensor weights = random.normal(1, n);
    List<Tensor> state = List.of(weights, m, v);
    for (int i = 0; i < state.size(); i++) {
      int which = i;
      compare(
          FEW_ULPS,
          random.copyOf(state.get(i)),
          (kernels, tensor) -> {
            List<Tensor> copies = new ArrayList<>();
            state.forEach(s -> copies.add(random.copyOf(s)));
            copies.set(which, tensor);
            kernels.adamW(
                copies.get(0),
                gradient,
                copies.get(1),
                copies.get(2),
                0.5f,
                1e-3,
                0.9,
                0.95,
                1e-8,
                0.1,
                7);
          });
    }
  }

  @Test
  void adamWMovesByTheRateWhateverTheGradient() {
    Tensor weights = random.zeros(1, 3);
    Tensor gradient = random.full(1, 3, 1e-3f);
    fast.adamW(
        weights, gradient, random.zeros(1, 3), random.zeros(1, 3), 1, 0.1, 0.9, 0.95, 0, 0, 1);
    assertThat(Math.abs(weights.getFloat(0, 2) + 0.1)).isLessThan(1e-7);
    assertThatThrownBy(
            () -> fast.adamW(weights, gradient, weights, weights, 1, 0.1, 0.9, 0.95, 0, 0, 0))
        .hasMessageContaining("step 0");
  }

  @Test
  void refusesTensorsThatDoNotFit() {
    Tensor x = random.zeros(2, 3);
    List<Consumer<Kernels>> wrong =
        List.of(
            kernels -> kernels.linear(x, x, x),
            kernels -> kernels.rmsNorm(x, x, 0, x, x),
            kernels -> kernels.rotary(x, 2, x, x, false),
            kernels -> kernels.swiGlu(x, random.zeros(2, 2), x),
            kernels -> kernels.embedding(x, random.ids(3, 2), x),
            kernels -> kernels.add(x, random.zeros(1, 1)),
            kernels -> kernels.copy(x, random.ids(6, 2)));
    for (Consumer<Kernels> call : wrong) {
      for (Kernels kernels : List.of(fast, exact)) {
        assertThatThrownBy(() -> call.accept(kernels)).isInstanceOf(IllegalArgumentException.class);
      }
    }
  }

  private interface Operation {
    void run(Kernels kernels, Tensor result);
  }

  /** Runs both on copies of the result tensor. */
  private void compare(double budget, Tensor result, Operation operation) {
    Tensor right = random.copyOf(result);
    operation.run(exact, right);
    operation.run(fast, result);
    double[] values = HostDoubles.read(result);
    assertThat(values).doesNotContain(Double.NaN);
    assertThat(Differences.relative(values, HostDoubles.read(right))).isLessThanOrEqualTo(budget);
  }
}
