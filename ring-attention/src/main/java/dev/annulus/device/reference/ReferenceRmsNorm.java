package dev.annulus.device.reference;

/** y = x r w with r = 1 / sqrt(mean(x^2) + eps) of each row, and its gradient. x [tokens, n]. */
public final class ReferenceRmsNorm {
  private ReferenceRmsNorm() {}

  /** Of x and of the weight. */
  public record Gradients(double[] dx, double[] dWeight) {}

  /** r of each row, [tokens]. */
  public static double[] inverseRms(double[] x, int n, double eps) {
    double[] inverse = new double[x.length / n];
    for (int t = 0; t < inverse.length; t++) {
      double squares = 0;
      for (int i = 0; i < n; i++) {
        squares += x[t * n + i] * x[t * n + i];
      }
      inverse[t] = 1 / Math.sqrt(squares / n + eps);
    }
    return inverse;
  }

  /** y. */
  public static double[] forward(double[] x, double[] weight, double[] inverseRms) {
    int n = weight.length;
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] = x[i] * inverseRms[i / n] * weight[i % n];
    }
    return y;
  }

  /** dx = r (w dy - x r^2 mean(w dy x)); dWeight = sum over rows of dy x r. */
  public static Gradients backward(double[] dy, double[] x, double[] weight, double[] inverseRms) {
    int n = weight.length;
    double[] dx = new double[x.length];
    double[] dWeight = new double[n];
    for (int t = 0; t < inverseRms.length; t++) {
      double r = inverseRms[t];
      double dot = 0;
      for (int i = 0; i < n; i++) {
        dot += weight[i] * dy[t * n + i] * x[t * n + i];
        dWeight[i] += dy[t * n + i] * x[t * n + i] * r;
      }
      for (int i = 0; i < n; i++) {
        dx[t * n + i] = r * (weight[i] * dy[t * n + i] - x[t * n + i] * r * r * dot / n);
      }
    }
    return new Gradients(dx, dWeight);
  }
}
