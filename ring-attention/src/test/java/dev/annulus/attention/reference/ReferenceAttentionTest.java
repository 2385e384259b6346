package dev.annulus.attention.reference;

import static dev.annulus.device.Differences.assertGradient;
import static dev.annulus.device.Differences.dot;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.Masks;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.attention.reference.ReferenceAttention.Gradients;
import dev.annulus.attention.reference.ReferenceAttention.Partial;
import dev.annulus.device.RandomTensors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReferenceAttentionTest {
  private static final AttentionShape SHAPE = new AttentionShape(4, 2, 3);
  private static final int TOKENS = 7;

  private final RandomTensors random = new RandomTensors(17);
  private final double[] q = random.normals(TOKENS * SHAPE.queryColumns(), 1);
  private final double[] k = random.normals(TOKENS * SHAPE.kvColumns(), 1);
  private final double[] v = random.normals(TOKENS * SHAPE.kvColumns(), 1);
  private final double[] dOut = random.normals(TOKENS * SHAPE.queryColumns(), 1);
  private final VisibleKeys mask = Masks.documents(3, 1, 2, -1);

  @AfterEach
  void free() {
    random.close();
  }

  @Test
  void gradientsAreThoseOfCentralDifferences() {
    Partial result = ReferenceAttention.forward(SHAPE, q, k, v, mask);
    double[] delta = ReferenceAttention.delta(SHAPE, result.out(), dOut);
    Gradients gradients =
        ReferenceAttention.backward(SHAPE, q, k, v, mask, dOut, result.lse(), delta);
    assertGradient("dq", gradients.dq(), q, at -> loss(at, k, v));
    assertGradient("dk", gradients.dk(), k, at -> loss(q, at, v));
    assertGradient("dv", gradients.dv(), v, at -> loss(q, k, at));
  }

  private double loss(double[] atQ, double[] atK, double[] atV) {
    return dot(ReferenceAttention.forward(SHAPE, atQ, atK, atV, mask).out(), dOut);
  }

  @Test
  void aQueryThatSeesOneKeyCopiesItsValue() {
    Partial result = ReferenceAttention.forward(SHAPE, q, k, v, mask);
    for (int head = 0; head < 4; head++) {
      for (int e = 0; e < 3; e++) {
        // Token 3 is a document of its own.
        assertThat(result.out()[3 * 12 + head * 3 + e])
            .isCloseTo(v[3 * 6 + head / 2 * 3 + e], within(1e-12));
      }
    }
  }

  @Test
  void paddingIsZeroAndMinusInfinity() {
    Partial result = ReferenceAttention.forward(SHAPE, q, k, v, mask);
    for (int head = 0; head < 4; head++) {
      assertThat(result.lse()[head * TOKENS + 6]).isEqualTo(Double.NEGATIVE_INFINITY);
      assertThat(result.out()[6 * 12 + head * 3]).isZero();
    }
    assertThat(result.out()).doesNotContain(Double.NaN);
  }

  @Test
  void blocksMergeToTheWhole() {
    VisibleKeys all = Masks.documents(TOKENS);
    Partial whole = ReferenceAttention.forward(SHAPE, q, k, v, all);
    int cut = 4;
    int[] leftEnds = all.to().clone();
    int[] rightStarts = all.from().clone();
    int[] rightEnds = all.to().clone();
    for (int i = 0; i < TOKENS; i++) {
      leftEnds[i] = Math.min(all.to()[i], cut);
      rightEnds[i] = Math.max(all.to()[i], cut);
      rightStarts[i] = cut;
    }
    Partial left =
        ReferenceAttention.forward(SHAPE, q, k, v, new VisibleKeys(all.from(), leftEnds));
    Partial right =
        ReferenceAttention.forward(SHAPE, q, k, v, new VisibleKeys(rightStarts, rightEnds));
    Partial merged = ReferenceAttention.merge(SHAPE, left, right);
    assertThat(merged.out()).containsExactly(whole.out(), within(1e-12));
    assertThat(merged.lse()).containsExactly(whole.lse(), within(1e-12));
  }
}
