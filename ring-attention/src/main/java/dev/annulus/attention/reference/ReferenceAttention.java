package dev.annulus.attention.reference;

import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.VisibleKeys;
import java.util.Arrays;

/**
 * One block of queries against one block of keys in double precision, one score at a time.
 * Formulas: docs/numerics.md, section 1. Numbers of queries and keys follow from the arrays.
 */
public final class ReferenceAttention {
  private ReferenceAttention() {}

  /**
   * Output and logarithm of the sum of exponentials of one block or of several merged.
   *
   * @param out [queries, queryHeads * headDim]; 0 for a query that saw no key
   * @param lse [queryHeads, queries]; negative infinity for a query that saw no key
   */
  public record Partial(double[] out, double[] lse) {}

  /** Gradients of one block, of the shapes of q, k and v. */
  public record Gradients(double[] dq, double[] dk, double[] dv) {}

  /** Attention of this block alone. */
  public static Partial forward(
      AttentionShape shape, double[] q, double[] k, double[] v, VisibleKeys mask) {
    int queries = q.length / shape.queryColumns();
    int dim = shape.headDim();
    double[] out = new double[q.length];
    double[] lse = new double[shape.queryHeads() * queries];
    for (int h = 0; h < shape.queryHeads(); h++) {
      for (int i = 0; i < queries; i++) {
        double[] scores = scores(shape, q, k, mask, h, i);
        double total = logSumExp(scores);
        lse[h * queries + i] = total;
        for (int j = 0; j < scores.length; j++) {
          double p = Math.exp(scores[j] - total);
          int key = keyOffset(shape, h, mask.from()[i] + j);
          for (int e = 0; e < dim; e++) {
            out[i * shape.queryColumns() + h * dim + e] += p * v[key + e];
          }
        }
      }
    }
    return new Partial(out, lse);
  }

  /** The merge law, for two sets of keys that have none in common. */
  public static Partial merge(AttentionShape shape, Partial left, Partial right) {
    int queries = left.out().length / shape.queryColumns();
    double[] out = new double[left.out().length];
    double[] lse = new double[left.lse().length];
    for (int h = 0; h < shape.queryHeads(); h++) {
      for (int i = 0; i < queries; i++) {
        int row = h * queries + i;
        double total = logSumExp(new double[] {left.lse()[row], right.lse()[row]});
        lse[row] = total;
        if (total == Double.NEGATIVE_INFINITY) {
          continue;
        }
        double leftWeight = Math.exp(left.lse()[row] - total);
        double rightWeight = Math.exp(right.lse()[row] - total);
        for (int e = 0; e < shape.headDim(); e++) {
          int at = i * shape.queryColumns() + h * shape.headDim() + e;
          out[at] = leftWeight * left.out()[at] + rightWeight * right.out()[at];
        }
      }
    }
    return new Partial(out, lse);
  }

  /**
   * This block's share of the gradients.
   *
   * @param lse of the whole row, over all blocks
   * @param delta of the whole row, over all blocks
   */
  public static Gradients backward(
      AttentionShape shape,
      double[] q,
      double[] k,
      double[] v,
      VisibleKeys mask,
      double[] dOut,
      double[] lse,
      double[] delta) {
    int queries = q.length / shape.queryColumns();
    int dim = shape.headDim();
    double scale = 1 / Math.sqrt(dim);
    Gradients gradients =
        new Gradients(new double[q.length], new double[k.length], new double[v.length]);
    for (int h = 0; h < shape.queryHeads(); h++) {
      for (int i = 0; i < queries; i++) {
        int query = i * shape.queryColumns() + h * dim;
        int row = h * queries + i;
        double[] scores = scores(shape, q, k, mask, h, i);
        for (int j = 0; j < scores.length && lse[row] != Double.NEGATIVE_INFINITY; j++) {
          int key = keyOffset(shape, h, mask.from()[i] + j);
          double p = Math.exp(scores[j] - lse[row]);
          double dp = 0;
          for (int e = 0; e < dim; e++) {
            dp += dOut[query + e] * v[key + e];
          }
          double ds = p * (dp - delta[row]) * scale;
          for (int e = 0; e < dim; e++) {
            gradients.dv()[key + e] += p * dOut[query + e];
            gradients.dq()[query + e] += ds * k[key + e];
            gradients.dk()[key + e] += ds * q[query + e];
          }
        }
      }
    }
    return gradients;
  }

  /** rowsum(dOut * out), [queryHeads, queries]. */
  public static double[] delta(AttentionShape shape, double[] out, double[] dOut) {
    int queries = out.length / shape.queryColumns();
    double[] delta = new double[shape.queryHeads() * queries];
    for (int i = 0; i < out.length; i++) {
      int head = i % shape.queryColumns() / shape.headDim();
      delta[head * queries + i / shape.queryColumns()] += dOut[i] * out[i];
    }
    return delta;
  }

  /** Scores of one query of one head against the keys it sees, in order. */
  private static double[] scores(
      AttentionShape shape, double[] q, double[] k, VisibleKeys mask, int head, int query) {
    double[] scores = new double[mask.to()[query] - mask.from()[query]];
    for (int j = 0; j < scores.length; j++) {
      int key = keyOffset(shape, head, mask.from()[query] + j);
      for (int e = 0; e < shape.headDim(); e++) {
        scores[j] += q[query * shape.queryColumns() + head * shape.headDim() + e] * k[key + e];
      }
      scores[j] /= Math.sqrt(shape.headDim());
    }
    return scores;
  }

  /** Where in k or v the key or value that a query head reads begins. */
  private static int keyOffset(AttentionShape shape, int queryHead, int key) {
    return key * shape.kvColumns() + queryHead / shape.groupSize() * shape.headDim();
  }

  private static double logSumExp(double[] values) {
    double max = Arrays.stream(values).max().orElse(Double.NEGATIVE_INFINITY);
    if (max == Double.NEGATIVE_INFINITY) {
      return max;
    }
    double sum = 0;
    for (double value : values) {
      sum += Math.exp(value - max);
    }
    return max + Math.log(sum);
  }
}
