package dev.annulus.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.ToDoubleFunction;

/** How two arrays of numbers differ. */
public final class Differences {
  private Differences() {}

  /** ||a - b|| / ||b||, in the Euclidean norm; the root mean square of a if b is 0. */
  public static double relative(double[] a, double[] b) {
    double error = 0;
    double size = 0;
    for (int i = 0; i < b.length; i++) {
      error += (a[i] - b[i]) * (a[i] - b[i]);
      size += b[i] * b[i];
    }
    return Math.sqrt(size == 0 ? error / b.length : error / size);
  }

  /** The largest |a - b|. */
  public static double largest(double[] a, double[] b) {
    double largest = 0;
    for (int i = 0; i < b.length; i++) {
      largest = Math.max(largest, a[i] == b[i] ? 0 : Math.abs(a[i] - b[i]));
      if (Double.isNaN(a[i]) != Double.isNaN(b[i])) {
        return Double.POSITIVE_INFINITY;
      }
    }
    return largest;
  }

  /** Fails unless the gradient is that of central differences within 1e-6 relative. */
  public static void assertGradient(
      String what, double[] gradient, double[] at, ToDoubleFunction<double[]> function) {
    double[] numeric = new double[at.length];
    for (int i = 0; i < at.length; i++) {
      double h = 1e-5;
      double[] moved = at.clone();
      moved[i] = at[i] + h;
      double above = function.applyAsDouble(moved);
      moved[i] = at[i] - h;
      numeric[i] = (above - function.applyAsDouble(moved)) / (2 * h);
    }
    assertThat(gradient).as(what).hasSameSizeAs(numeric);
    assertThat(relative(gradient, numeric)).as(what).isLessThan(1e-6);
  }

  /** sum of a * b: a loss whose gradient with respect to a is b. */
  public static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
