package dev.annulus.attention;

import dev.annulus.device.HostDoubles;
import dev.annulus.device.Tensor;

/**
 * Attention of one block as one would write it in fp32 without thinking of rounding: the error that
 * budgets are measured by. Results as doubles, for comparison.
 */
public final class PlainAttention {
  private PlainAttention() {}

  /** The plain fp32 results of one block. */
  public record Result(double[] out, double[] lse, double[] dq, double[] dk, double[] dv) {}

  public static Result run(
      AttentionShape shape, Tensor q, Tensor k, Tensor v, VisibleKeys mask, Tensor dOut) {
    float[] fq = floats(q);
    float[] fk = floats(k);
    float[] fv = floats(v);
    float[] fd = floats(dOut);
    int queries = mask.queries();
    int dim = shape.headDim();
    float[] out = new float[fq.length];
    float[] lse = new float[shape.queryHeads() * queries];
    float[] dq = new float[fq.length];
    float[] dk = new float[fk.length];
    float[] dv = new float[fv.length];
    for (int h = 0; h < shape.queryHeads(); h++) {
      for (int i = 0; i < queries; i++) {
        int n = mask.to()[i] - mask.from()[i];
        int query = i * shape.queryColumns() + h * dim;
        int firstKey = mask.from()[i] * shape.kvColumns() + h / shape.groupSize() * dim;
        float[] p = new float[n];
        float max = Float.NEGATIVE_INFINITY;
        for (int j = 0; j < n; j++) {
          p[j] = dot(fq, query, fk, firstKey + j * shape.kvColumns(), dim) * shape.scale();
          max = Math.max(max, p[j]);
        }
        float sum = 0;
        for (int j = 0; j < n; j++) {
          sum += (float) Math.exp(p[j] - max);
        }
        lse[h * queries + i] = n == 0 ? max : max + (float) Math.log(sum);
        for (int j = 0; j < n; j++) {
          p[j] = (float) Math.exp(p[j] - lse[h * queries + i]);
          for (int e = 0; e < dim; e++) {
            out[query + e] += p[j] * fv[firstKey + j * shape.kvColumns() + e];
          }
        }
        float delta = dot(fd, query, out, query, dim);
        for (int j = 0; j < n; j++) {
          int key = firstKey + j * shape.kvColumns();
          float ds = p[j] * (dot(fd, query, fv, key, dim) - delta) * shape.scale();
          for (int e = 0; e < dim; e++) {
            dv[key + e] += p[j] * fd[query + e];
            dq[query + e] += ds * fk[key + e];
            dk[key + e] += ds * fq[query + e];
          }
        }
      }
    }
    return new Result(doubles(out), doubles(lse), doubles(dq), doubles(dk), doubles(dv));
  }

  private static float dot(float[] a, int aStart, float[] b, int bStart, int n) {
    float sum = 0;
    for (int e = 0; e < n; e++) {
      sum += a[aStart + e] * b[bStart + e];
    }
    return sum;
  }

  private static float[] floats(Tensor tensor) {
    double[] values = HostDoubles.read(tensor);
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  private static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < doubles.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }
}
