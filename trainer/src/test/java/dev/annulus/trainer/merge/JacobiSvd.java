package dev.annulus.trainer.merge;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * The thin singular value decomposition by one-sided Jacobi rotations, in plain doubles: slow,
 * obvious and accurate. Matrices are [row][column].
 *
 * @param u [rows][k]
 * @param values descending
 * @param v [columns][k]
 */
record JacobiSvd(double[][] u, double[] values, double[][] v) {
  static JacobiSvd of(double[][] a) {
    if (a.length < a[0].length) {
      JacobiSvd turned = of(transpose(a));
      return new JacobiSvd(turned.v, turned.values, turned.u);
    }
    int k = a[0].length;
    double[][] columns = transpose(a);
    double[][] right = new double[k][k];
    for (int i = 0; i < k; i++) {
      right[i][i] = 1;
    }
    boolean rotated = true;
    for (int sweep = 0; sweep < 60 && rotated; sweep++) {
      rotated = false;
      for (int p = 0; p < k; p++) {
        for (int q = p + 1; q < k; q++) {
          rotated |= rotate(columns, right, p, q);
        }
      }
    }
    double[] norms = new double[k];
    for (int i = 0; i < k; i++) {
      norms[i] = Math.sqrt(dot(columns[i], columns[i]));
    }
    int[] order =
        IntStream.range(0, k)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -norms[i]))
            .mapToInt(i -> i)
            .toArray();
    double[][] u = new double[k][];
    double[][] v = new double[k][];
    double[] values = new double[k];
    for (int i = 0; i < k; i++) {
      values[i] = norms[order[i]];
      double[] column = columns[order[i]].clone();
      for (int row = 0; row < column.length; row++) {
        column[row] = values[i] == 0 ? 0 : column[row] / values[i];
      }
      u[i] = column;
      v[i] = right[order[i]];
    }
    return new JacobiSvd(transpose(u), values, transpose(v));
  }

  private static boolean rotate(double[][] columns, double[][] right, int p, int q) {
    double alpha = dot(columns[p], columns[p]);
    double beta = dot(columns[q], columns[q]);
    double gamma = dot(columns[p], columns[q]);
    if (Math.abs(gamma) <= 1e-16 * Math.sqrt(alpha * beta)) {
      return false;
    }
    double zeta = (beta - alpha) / (2 * gamma);
    double t = Math.copySign(1, zeta) / (Math.abs(zeta) + Math.hypot(1, zeta));
    double c = 1 / Math.hypot(1, t);
    for (double[][] both : new double[][][] {columns, right}) {
      for (int i = 0; i < both[p].length; i++) {
        double x = both[p][i];
        double y = both[q][i];
        both[p][i] = c * x - c * t * y;
        both[q][i] = c * t * x + c * y;
      }
    }
    return true;
  }

  static double[][] transpose(double[][] a) {
    double[][] turned = new double[a[0].length][a.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[0].length; j++) {
        turned[j][i] = a[i][j];
      }
    }
    return turned;
  }

  static double[][] multiply(double[][] a, double[][] b) {
    double[][] product = new double[a.length][b[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int e = 0; e < b.length; e++) {
        for (int j = 0; j < b[0].length; j++) {
          product[i][j] += a[i][e] * b[e][j];
        }
      }
    }
    return product;
  }

  private static double dot(double[] a, double[] b) {
    return Elements.dot(a, b, a.length);
  }
}
