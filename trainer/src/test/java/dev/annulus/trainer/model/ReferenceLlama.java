package dev.annulus.trainer.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A Llama in double precision and plain loops, one document at a time, with gradients written out
 * by hand: the gold that {@link LlamaModel} is measured by, itself checked by central differences.
 * Weights are by Hugging Face name, row-major [out, in].
 */
public final class ReferenceLlama {
  private final LlamaConfig config;
  private final Map<String, double[]> weights;
  private final RopeFrequencies frequencies;

  public ReferenceLlama(LlamaConfig config, Map<String, double[]> weights) {
    this.config = config;
    this.weights = weights;
    this.frequencies =
        RopeFrequencies.of(config.headDim(), config.ropeTheta(), config.ropeScaling());
  }

  /** What a block keeps for backward. */
  private static final class Kept {
    double[][] x;
    double[][] n;
    double[][] q;
    double[][] k;
    double[][] v;
    double[][][] p;
    double[][] o;
    double[][] m;
    double[][] mn;
    double[][] gate;
    double[][] up;
    double[][] act;
  }

  /** Logits of every token of a document. */
  public double[][] logits(int[] ids) {
    return logits(ids, new ArrayList<>(), new double[1][][]);
  }

  /** Losses of the targets of a document: all tokens but the first. */
  public double[] losses(int[] ids) {
    if (ids.length < 2) {
      return new double[0];
    }
    double[][] logits = logits(ids);
    double[] losses = new double[ids.length - 1];
    for (int t = 0; t < losses.length; t++) {
      losses[t] = -logSoftmax(logits[t])[ids[t + 1]];
    }
    return losses;
  }

  /** Sum of weight * loss over the targets of a document. */
  public double loss(int[] ids, double[] lossWeights) {
    double[] losses = losses(ids);
    double sum = 0;
    for (int t = 0; t < losses.length; t++) {
      sum += lossWeights[t] * losses[t];
    }
    return sum;
  }

  /** Zeros for every weight. */
  public Map<String, double[]> zeroGradients() {
    Map<String, double[]> zeros = new LinkedHashMap<>();
    weights.forEach((name, w) -> zeros.put(name, new double[w.length]));
    return zeros;
  }

  /** Adds the gradient of {@link #loss} to {@code d}. */
  public void gradient(int[] ids, double[] lossWeights, Map<String, double[]> d) {
    List<Kept> kept = new ArrayList<>();
    double[][][] last = new double[1][][];
    double[][] logits = logits(ids, kept, last);
    String head = LossHead.projectionName(config);
    double[][] dLogits = new double[ids.length][config.vocabSize()];
    for (int t = 0; t < ids.length - 1; t++) {
      double[] logSoftmax = logSoftmax(logits[t]);
      for (int c = 0; c < config.vocabSize(); c++) {
        dLogits[t][c] = lossWeights[t] * (Math.exp(logSoftmax[c]) - (c == ids[t + 1] ? 1 : 0));
      }
    }
    double[][] normed = norm(last[0], weights.get(ParameterNames.FINAL_NORM));
    double[][] dNormed = linearBackward(dLogits, normed, head, d);
    double[][] dx =
        normBackward(
            dNormed,
            last[0],
            weights.get(ParameterNames.FINAL_NORM),
            d.get(ParameterNames.FINAL_NORM));
    for (int layer = config.layers() - 1; layer >= 0; layer--) {
      dx = blockBackward(layer, kept.get(layer), dx, d);
    }
    double[] dEmbedding = d.get(ParameterNames.EMBEDDING);
    for (int t = 0; t < ids.length; t++) {
      for (int c = 0; c < config.hiddenSize(); c++) {
        dEmbedding[ids[t] * config.hiddenSize() + c] += dx[t][c];
      }
    }
  }

  private double[][] logits(int[] ids, List<Kept> kept, double[][][] last) {
    int hidden = config.hiddenSize();
    double[] embedding = weights.get(ParameterNames.EMBEDDING);
    double[][] x = new double[ids.length][hidden];
    for (int t = 0; t < ids.length; t++) {
      System.arraycopy(embedding, ids[t] * hidden, x[t], 0, hidden);
    }
    for (int layer = 0; layer < config.layers(); layer++) {
      Kept a = new Kept();
      x = block(layer, x, a);
      kept.add(a);
    }
    last[0] = x;
    return linear(norm(x, weights.get(ParameterNames.FINAL_NORM)), LossHead.projectionName(config));
  }

  private double[][] block(int layer, double[][] x, Kept a) {
    ParameterNames names = new ParameterNames(layer);
    a.x = x;
    a.n = norm(x, weights.get(names.inputNorm()));
    a.q = rotate(linear(a.n, names.query()), 1);
    a.k = rotate(linear(a.n, names.key()), 1);
    a.v = linear(a.n, names.value());
    attention(a);
    a.m = plus(x, linear(a.o, names.output()));
    a.mn = norm(a.m, weights.get(names.feedForwardNorm()));
    a.gate = linear(a.mn, names.gate());
    a.up = linear(a.mn, names.up());
    a.act = new double[x.length][config.intermediateSize()];
    for (int t = 0; t < x.length; t++) {
      for (int c = 0; c < config.intermediateSize(); c++) {
        a.act[t][c] = a.gate[t][c] / (1 + Math.exp(-a.gate[t][c])) * a.up[t][c];
      }
    }
    return plus(a.m, linear(a.act, names.down()));
  }

  private double[][] blockBackward(int layer, Kept a, double[][] dy, Map<String, double[]> d) {
    ParameterNames names = new ParameterNames(layer);
    double[][] dAct = linearBackward(dy, a.act, names.down(), d);
    int intermediate = config.intermediateSize();
    double[][] dGate = new double[dy.length][intermediate];
    double[][] dUp = new double[dy.length][intermediate];
    for (int t = 0; t < dy.length; t++) {
      for (int c = 0; c < intermediate; c++) {
        double g = a.gate[t][c];
        double sigmoid = 1 / (1 + Math.exp(-g));
        dUp[t][c] = dAct[t][c] * g * sigmoid;
        dGate[t][c] = dAct[t][c] * a.up[t][c] * sigmoid * (1 + g * (1 - sigmoid));
      }
    }
    double[][] dMn =
        plus(
            linearBackward(dGate, a.mn, names.gate(), d), linearBackward(dUp, a.mn, names.up(), d));
    double[][] dm =
        plus(
            dy,
            normBackward(
                dMn, a.m, weights.get(names.feedForwardNorm()), d.get(names.feedForwardNorm())));
    double[][] dO = linearBackward(dm, a.o, names.output(), d);
    double[][] dq = new double[a.q.length][a.q[0].length];
    double[][] dk = new double[a.k.length][a.k[0].length];
    double[][] dv = new double[a.v.length][a.v[0].length];
    attentionBackward(a, dO, dq, dk, dv);
    double[][] dn =
        plus(
            plus(
                linearBackward(rotate(dq, -1), a.n, names.query(), d),
                linearBackward(rotate(dk, -1), a.n, names.key(), d)),
            linearBackward(dv, a.n, names.value(), d));
    return plus(
        dm, normBackward(dn, a.x, weights.get(names.inputNorm()), d.get(names.inputNorm())));
  }

  private void attention(Kept a) {
    int tokens = a.q.length;
    int dim = config.headDim();
    a.o = new double[tokens][a.q[0].length];
    a.p = new double[config.queryHeads()][tokens][];
    for (int h = 0; h < config.queryHeads(); h++) {
      int kvOffset = h / (config.queryHeads() / config.kvHeads()) * dim;
      for (int t = 0; t < tokens; t++) {
        double[] s = new double[t + 1];
        for (int u = 0; u <= t; u++) {
          for (int c = 0; c < dim; c++) {
            s[u] += a.q[t][h * dim + c] * a.k[u][kvOffset + c] / Math.sqrt(dim);
          }
        }
        double[] p = logSoftmax(s);
        for (int u = 0; u <= t; u++) {
          p[u] = Math.exp(p[u]);
          for (int c = 0; c < dim; c++) {
            a.o[t][h * dim + c] += p[u] * a.v[u][kvOffset + c];
          }
        }
        a.p[h][t] = p;
      }
    }
  }

  private void attentionBackward(
      Kept a, double[][] dO, double[][] dq, double[][] dk, double[][] dv) {
    int dim = config.headDim();
    for (int h = 0; h < config.queryHeads(); h++) {
      int kvOffset = h / (config.queryHeads() / config.kvHeads()) * dim;
      for (int t = 0; t < a.q.length; t++) {
        double[] dp = new double[t + 1];
        double expected = 0;
        for (int u = 0; u <= t; u++) {
          for (int c = 0; c < dim; c++) {
            dp[u] += dO[t][h * dim + c] * a.v[u][kvOffset + c];
            dv[u][kvOffset + c] += a.p[h][t][u] * dO[t][h * dim + c];
          }
          expected += a.p[h][t][u] * dp[u];
        }
        for (int u = 0; u <= t; u++) {
          double ds = a.p[h][t][u] * (dp[u] - expected) / Math.sqrt(dim);
          for (int c = 0; c < dim; c++) {
            dq[t][h * dim + c] += ds * a.k[u][kvOffset + c];
            dk[u][kvOffset + c] += ds * a.q[t][h * dim + c];
          }
        }
      }
    }
  }

  /** Turns each pair of a head by sign * angle, out of place. */
  private double[][] rotate(double[][] x, int sign) {
    int dim = config.headDim();
    int half = dim / 2;
    double[][] y = new double[x.length][];
    float[] cosines = new float[half];
    float[] sines = new float[half];
    for (int t = 0; t < x.length; t++) {
      y[t] = new double[x[t].length];
      frequencies.rotation(t, x.length, cosines, sines, 0);
      for (int c = 0; c < x[t].length; c++) {
        int i = c % dim;
        double cos = cosines[i % half];
        double sin = sign * sines[i % half];
        y[t][c] =
            i < half ? x[t][c] * cos - x[t][c + half] * sin : x[t][c] * cos + x[t][c - half] * sin;
      }
    }
    return y;
  }

  private double inverseRms(double[] x) {
    double squares = 0;
    for (double value : x) {
      squares += value * value;
    }
    return 1 / Math.sqrt(squares / x.length + (float) config.rmsNormEps());
  }

  private double[][] norm(double[][] x, double[] weight) {
    double[][] y = new double[x.length][weight.length];
    for (int t = 0; t < x.length; t++) {
      double r = inverseRms(x[t]);
      for (int c = 0; c < weight.length; c++) {
        y[t][c] = x[t][c] * r * weight[c];
      }
    }
    return y;
  }

  private double[][] normBackward(double[][] dy, double[][] x, double[] weight, double[] dWeight) {
    int n = weight.length;
    double[][] dx = new double[x.length][n];
    for (int t = 0; t < x.length; t++) {
      double r = inverseRms(x[t]);
      double dot = 0;
      for (int c = 0; c < n; c++) {
        dot += dy[t][c] * weight[c] * x[t][c];
        dWeight[c] += dy[t][c] * x[t][c] * r;
      }
      for (int c = 0; c < n; c++) {
        dx[t][c] = r * dy[t][c] * weight[c] - r * r * r / n * dot * x[t][c];
      }
    }
    return dx;
  }

  private double[][] linear(double[][] x, String name) {
    double[] w = weights.get(name);
    int in = x[0].length;
    double[][] y = new double[x.length][w.length / in];
    for (int t = 0; t < x.length; t++) {
      for (int o = 0; o < y[t].length; o++) {
        double sum = 0;
        for (int i = 0; i < in; i++) {
          sum += x[t][i] * w[o * in + i];
        }
        y[t][o] = sum;
      }
    }
    return y;
  }

  private double[][] linearBackward(
      double[][] dy, double[][] x, String name, Map<String, double[]> d) {
    double[] w = weights.get(name);
    double[] dw = d.get(name);
    int in = x[0].length;
    double[][] dx = new double[x.length][in];
    for (int t = 0; t < x.length; t++) {
      for (int o = 0; o < dy[t].length; o++) {
        for (int i = 0; i < in; i++) {
          dx[t][i] += dy[t][o] * w[o * in + i];
          dw[o * in + i] += dy[t][o] * x[t][i];
        }
      }
    }
    return dx;
  }

  private static double[][] plus(double[][] a, double[][] b) {
    double[][] sum = new double[a.length][];
    for (int t = 0; t < a.length; t++) {
      sum[t] = a[t].clone();
      for (int c = 0; c < sum[t].length; c++) {
        sum[t][c] += b[t][c];
      }
    }
    return sum;
  }

  private static double[] logSoftmax(double[] x) {
    double max = Double.NEGATIVE_INFINITY;
    for (double value : x) {
      max = Math.max(max, value);
    }
    double sum = 0;
    for (double value : x) {
      sum += Math.exp(value - max);
    }
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] = x[i] - max - Math.log(sum);
    }
    return y;
  }
}
