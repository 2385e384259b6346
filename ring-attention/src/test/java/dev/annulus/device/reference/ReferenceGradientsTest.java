package dev.annulus.device.reference;

import static dev.annulus.device.Differences.assertGradient;
import static dev.annulus.device.Differences.dot;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.device.RandomTensors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Every reference gradient against central differences in double. */
class ReferenceGradientsTest {
  private final RandomTensors random = new RandomTensors(41);

  @AfterEach
  void free() {
    random.close();
  }

  @Test
  void linear() {
    int tokens = 3;
    int in = 4;
    int out = 5;
    double[] x = random.normals(tokens * in, 1);
    double[] w = random.normals(out * in, 1);
    double[] dy = random.normals(tokens * out, 1);
    assertGradient(
        "dx",
        ReferenceLinear.inputGradient(dy, w, tokens, in, out),
        x,
        at -> dot(ReferenceLinear.forward(at, w, tokens, in, out), dy));
    assertGradient(
        "dw",
        ReferenceLinear.weightGradient(dy, x, tokens, in, out),
        w,
        at -> dot(ReferenceLinear.forward(x, at, tokens, in, out), dy));
  }

  @Test
  void rmsNorm() {
    int n = 5;
    double eps = 1e-2;
    double[] x = random.normals(3 * n, 1);
    double[] w = random.normals(n, 1);
    double[] dy = random.normals(3 * n, 1);
    var gradients = ReferenceRmsNorm.backward(dy, x, w, ReferenceRmsNorm.inverseRms(x, n, eps));
    assertGradient(
        "dx",
        gradients.dx(),
        x,
        at -> dot(ReferenceRmsNorm.forward(at, w, ReferenceRmsNorm.inverseRms(at, n, eps)), dy));
    assertGradient(
        "dWeight",
        gradients.dWeight(),
        w,
        at -> dot(ReferenceRmsNorm.forward(x, at, ReferenceRmsNorm.inverseRms(x, n, eps)), dy));
  }

  @Test
  void rmsNormOfAKnownRow() {
    double[] inverse = ReferenceRmsNorm.inverseRms(new double[] {3, 4}, 2, 0);
    assertThat(inverse[0]).isCloseTo(1 / Math.sqrt(12.5), within(1e-15));
  }

  @Test
  void rotary() {
    double[] angles = random.normals(2 * 3, 2);
    double[] cos = angles.clone();
    double[] sin = angles.clone();
    for (int i = 0; i < angles.length; i++) {
      cos[i] = Math.cos(angles[i]);
      sin[i] = Math.sin(angles[i]);
    }
    double[] x = random.normals(2 * 12, 1);
    double[] dy = random.normals(2 * 12, 1);
    assertGradient(
        "dx",
        ReferenceRotary.rotate(dy, 12, 6, cos, sin, true),
        x,
        at -> dot(ReferenceRotary.rotate(at, 12, 6, cos, sin, false), dy));
  }

  @Test
  void rotaryTurnsTheFirstHalfWithTheSecond() {
    double[] y =
        ReferenceRotary.rotate(
            new double[] {1, 2, 3, 4}, 4, 4, new double[] {0, 1}, new double[] {1, 0}, false);
    assertThat(y).containsExactly(-3, 2, 1, 4);
  }

  @Test
  void swiGlu() {
    double[] gate = random.normals(9, 2);
    double[] up = random.normals(9, 1);
    double[] dy = random.normals(9, 1);
    var gradients = ReferenceSwiGlu.backward(dy, gate, up);
    assertGradient(
        "dGate", gradients.dGate(), gate, at -> dot(ReferenceSwiGlu.forward(at, up), dy));
    assertGradient("dUp", gradients.dUp(), up, at -> dot(ReferenceSwiGlu.forward(gate, at), dy));
  }

  @Test
  void crossEntropy() {
    double[] logits = random.normals(2 * 7, 2);
    double[] row = java.util.Arrays.copyOfRange(logits, 7, 14);
    assertGradient(
        "dLogits",
        ReferenceCrossEntropy.gradient(logits, 7, 1, 3),
        row,
        at -> ReferenceCrossEntropy.loss(at, 7, 0, 3));
    assertThat(ReferenceCrossEntropy.loss(new double[8], 8, 0, 5))
        .isCloseTo(Math.log(8), within(1e-12));
  }

  @Test
  void adamWTakesTheStepThatTorchTakes() {
    // By hand: m = 0.1 * 2, v = 0.01 * 4, both corrected to g and g^2: the step is lr * sign(g).
    double[] w = {1};
    double[] m = {0};
    double[] v = {0};
    ReferenceAdamW.step(w, new double[] {4}, m, v, 0.5, 0.1, 0.9, 0.99, 0, 0.5, 1);
    assertThat(w[0]).isCloseTo(1 - 0.1 * 0.5 - 0.1, within(1e-12));
    assertThat(m[0]).isCloseTo(0.2, within(1e-12));
    assertThat(v[0]).isCloseTo(0.04, within(1e-12));
    ReferenceAdamW.step(w, new double[] {4}, m, v, 0.5, 0.1, 0.9, 0.99, 0, 0, 2);
    assertThat(w[0]).as("same gradient, same step").isCloseTo(0.95 - 0.1 - 0.1, within(1e-12));
  }
}
