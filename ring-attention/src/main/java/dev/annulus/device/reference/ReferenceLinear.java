package dev.annulus.device.reference;

/** y = x w' and its gradients. x [tokens, in], w [out, in], y [tokens, out]. */
public final class ReferenceLinear {
  private ReferenceLinear() {}

  /** y. */
  public static double[] forward(double[] x, double[] w, int tokens, int in, int out) {
    double[] y = new double[tokens * out];
    for (int t = 0; t < tokens; t++) {
      for (int o = 0; o < out; o++) {
        for (int i = 0; i < in; i++) {
          y[t * out + o] += x[t * in + i] * w[o * in + i];
        }
      }
    }
    return y;
  }

  /** dx = dy w. */
  public static double[] inputGradient(double[] dy, double[] w, int tokens, int in, int out) {
    double[] dx = new double[tokens * in];
    for (int t = 0; t < tokens; t++) {
      for (int o = 0; o < out; o++) {
        for (int i = 0; i < in; i++) {
          dx[t * in + i] += dy[t * out + o] * w[o * in + i];
        }
      }
    }
    return dx;
  }

  /** dw = dy' x. */
  public static double[] weightGradient(double[] dy, double[] x, int tokens, int in, int out) {
    double[] dw = new double[out * in];
    for (int t = 0; t < tokens; t++) {
      for (int o = 0; o < out; o++) {
        for (int i = 0; i < in; i++) {
          dw[o * in + i] += dy[t * out + o] * x[t * in + i];
        }
      }
    }
    return dw;
  }
}
