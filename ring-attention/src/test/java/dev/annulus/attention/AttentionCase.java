package dev.annulus.attention;

import static org.assertj.core.api.Assertions.assertThat;

import dev.annulus.attention.reference.ReferenceAttention;
import dev.annulus.device.Differences;
import dev.annulus.device.HostDoubles;
import dev.annulus.device.RandomTensors;
import dev.annulus.device.Tensor;
import java.util.Arrays;

/**
 * One attention problem with its inputs, its exact result and the error of the plain fp32
 * computation. {@code scores} is the standard deviation of q and k.
 */
public final class AttentionCase {
  private static final float NONE = Float.NEGATIVE_INFINITY;

  /** Rounding of one fp32 operation, with room for a few of them. */
  private static final double NOISE = 4e-7;

  private final String what;
  private final AttentionShape shape;
  private final VisibleKeys mask;
  private final RandomTensors random;
  private final Tensor q;
  private final Tensor k;
  private final Tensor v;
  private final Tensor dOut;

  public AttentionCase(
      String what,
      AttentionShape shape,
      VisibleKeys mask,
      int keys,
      double scores,
      RandomTensors random) {
    this.what = what;
    this.shape = shape;
    this.mask = mask;
    this.random = random;
    q = random.normal(mask.queries(), shape.queryColumns(), scores);
    k = random.normal(keys, shape.kvColumns(), scores);
    v = random.normal(keys, shape.kvColumns());
    dOut = random.normal(mask.queries(), shape.queryColumns());
  }

  /** What a kernel computed. */
  public record Result(double[] out, double[] lse, double[] dq, double[] dk, double[] dv) {
    /** Whether every number has the same bits. */
    public boolean sameBits(Result other) {
      return Arrays.equals(out, other.out)
          && Arrays.equals(lse, other.lse)
          && Arrays.equals(dq, other.dq)
          && Arrays.equals(dk, other.dk)
          && Arrays.equals(dv, other.dv);
    }
  }

  /** Runs the kernel on the keys cut into blocks that end at these keys, in this order. */
  public Result run(AttentionKernel kernel, int... ends) {
    Tensor out = random.zeros(q.rows(), q.columns());
    Tensor lse = random.full(shape.queryHeads(), q.rows(), NONE);
    Tensor delta = random.full(shape.queryHeads(), q.rows(), Float.NaN);
    Tensor dq = random.zeros(q.rows(), q.columns());
    Tensor dk = random.zeros(k.rows(), k.columns());
    Tensor dv = random.zeros(v.rows(), v.columns());
    int start = 0;
    for (int end : ends) {
      VisibleKeys block = block(start, end);
      kernel.forward(shape, q, k.rows(start, end), v.rows(start, end), block, out, lse);
      start = end;
    }
    kernel.delta(shape, out, dOut, delta);
    start = 0;
    for (int end : ends) {
      kernel.backward(
          shape,
          q,
          k.rows(start, end),
          v.rows(start, end),
          block(start, end),
          dOut,
          lse,
          delta,
          dq,
          dk.rows(start, end),
          dv.rows(start, end));
      start = end;
    }
    return new Result(
        HostDoubles.read(out),
        HostDoubles.read(lse),
        HostDoubles.read(dq),
        HostDoubles.read(dk),
        HostDoubles.read(dv));
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

  /**
   * Fails unless each of the results is within twice the plain computation's error of the exact
   * one.
   */
  public void assertWithinBudget(Result... results) {
    double[] dq = HostDoubles.read(q);
    double[] dk = HostDoubles.read(k);
    double[] dv = HostDoubles.read(v);
    double[] dd = HostDoubles.read(dOut);
    var exact = ReferenceAttention.forward(shape, dq, dk, dv, mask);
    double[] delta = ReferenceAttention.delta(shape, exact.out(), dd);
    var gradients = ReferenceAttention.backward(shape, dq, dk, dv, mask, dd, exact.lse(), delta);
    var plain = PlainAttention.run(shape, q, k, v, mask, dOut);
    for (Result result : results) {
      check("out", result.out(), plain.out(), exact.out());
      assertThat(Differences.largest(result.lse(), exact.lse()))
          .as("%s: lse", what)
          .isLessThanOrEqualTo(2 * Differences.largest(plain.lse(), exact.lse()) + 2e-6);
      check("dq", result.dq(), plain.dq(), gradients.dq());
      check("dk", result.dk(), plain.dk(), gradients.dk());
      check("dv", result.dv(), plain.dv(), gradients.dv());
    }
  }

  private void check(String name, double[] result, double[] plain, double[] exact) {
    assertThat(result).as("%s: %s", what, name).doesNotContain(Double.NaN);
    assertThat(Differences.relative(result, exact))
        .as("%s: %s", what, name)
        .isLessThanOrEqualTo(2 * Differences.relative(plain, exact) + NOISE);
  }
}
