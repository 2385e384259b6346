package dev.annulus.trainer.merge;

/** The formulas of the methods that decompose, in plain doubles and as they are written down. */
final class ReferenceMethods {
  private ReferenceMethods() {}

  /** What OPCM leaves of a task vector: D - U (masked Z) V'. */
  static double[][] cleaned(double[][] sum, double[][] delta, double alpha, double tolerance) {
    JacobiSvd svd = JacobiSvd.of(sum);
    int k = svd.values().length;
    double total = 0;
    for (double value : svd.values()) {
      total += value;
    }
    int r = k - 1;
    double running = 0;
    for (int i = k - 1; i >= 0; i--) {
      running = 0;
      for (int j = 0; j <= i; j++) {
        running += svd.values()[j];
      }
      r = alpha < 1 && running / total > alpha ? i : r;
    }
    int rank = rank(svd, tolerance);
    r = Math.min(r, rank);
    double[][] z =
        JacobiSvd.multiply(JacobiSvd.multiply(JacobiSvd.transpose(svd.u()), delta), svd.v());
    for (int i = 0; i < k; i++) {
      for (int j = 0; j < k; j++) {
        boolean leading = i < r && j < r;
        boolean diagonal = i == j && i < rank;
        z[i][j] = leading || diagonal ? z[i][j] : 0;
      }
    }
    return minus(
        delta, JacobiSvd.multiply(JacobiSvd.multiply(svd.u(), z), JacobiSvd.transpose(svd.v())));
  }

  /** D (I - V_r V_r'). */
  static double[][] besideLeading(double[][] sum, double[][] delta, int rank, double tolerance) {
    JacobiSvd svd = JacobiSvd.of(sum);
    int r = Math.min(rank, rank(svd, tolerance));
    double[][] leading = new double[svd.v().length][r];
    for (int i = 0; i < leading.length; i++) {
      System.arraycopy(svd.v()[i], 0, leading[i], 0, r);
    }
    return minus(
        delta,
        JacobiSvd.multiply(JacobiSvd.multiply(delta, leading), JacobiSvd.transpose(leading)));
  }

  private static int rank(JacobiSvd svd, double tolerance) {
    int rank = 0;
    for (double value : svd.values()) {
      rank += value > tolerance * svd.values()[0] ? 1 : 0;
    }
    return rank;
  }

  private static double[][] minus(double[][] a, double[][] b) {
    double[][] difference = new double[a.length][a[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[0].length; j++) {
        difference[i][j] = a[i][j] - b[i][j];
      }
    }
    return difference;
  }

  static double[][] matrix(double[] values, int rows) {
    int columns = values.length / rows;
    double[][] matrix = new double[rows][columns];
    for (int i = 0; i < rows; i++) {
      System.arraycopy(values, i * columns, matrix[i], 0, columns);
    }
    return matrix;
  }

  static double[] flat(double[][] matrix) {
    double[] values = new double[matrix.length * matrix[0].length];
    for (int i = 0; i < matrix.length; i++) {
      System.arraycopy(matrix[i], 0, values, i * matrix[0].length, matrix[0].length);
    }
    return values;
  }
}
