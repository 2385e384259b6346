package dev.annulus.device.reference;

/** Rotary embedding, half-split: element i of a head turns with element i + headDim / 2. */
public final class ReferenceRotary {
  private ReferenceRotary() {}

  /**
   * The rotated copy of x [tokens, columns]; cos and sin [tokens, headDim / 2].
   *
   * @param inverse turns back, which is also the gradient
   */
  public static double[] rotate(
      double[] x, int columns, int headDim, double[] cos, double[] sin, boolean inverse) {
    int half = headDim / 2;
    double[] y = new double[x.length];
    for (int head = 0; head < x.length / headDim; head++) {
      int token = head * headDim / columns;
      for (int i = 0; i < half; i++) {
        double c = cos[token * half + i];
        double s = inverse ? -sin[token * half + i] : sin[token * half + i];
        int first = head * headDim + i;
        y[first] = x[first] * c - x[first + half] * s;
        y[first + half] = x[first + half] * c + x[first] * s;
      }
    }
    return y;
  }
}
