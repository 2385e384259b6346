package dev.annulus.trainer.merge;

import dev.annulus.config.MergePrecision;

/**
 * The singular directions of a running matrix S = U diag(sigma) V', and task vectors seen in them.
 * With D [rows, columns] a task vector, Z = U' D V.
 */
interface Directions extends AutoCloseable {
  /** Singular values of S, descending; as many as its smaller side. */
  double[] values();

  /**
   * Singular values below this share of the largest are rounding: their directions mean nothing.
   */
  double tolerance();

  /**
   * S += D - U (masked Z) V', where the mask keeps the leading {@code r} x {@code r} block and the
   * diagonal.
   *
   * @param r at most {@link #rank()}
   * @return squared norm of masked Z
   */
  double addOutsideOf(Elements delta, int r);

  /**
   * S += D (I - V_r V_r'), V_r the {@code r} leading right directions.
   *
   * @param r at most {@link #rank()}
   * @return squared norm of D V_r
   */
  double addBeside(Elements delta, int r);

  /** Singular values that are not rounding. */
  default int rank() {
    double[] values = values();
    int rank = 0;
    while (rank < values.length && values[rank] > tolerance() * values[0]) {
      rank++;
    }
    return rank;
  }

  @Override
  void close();

  /**
   * Decomposes a running matrix that is not zero. In fp32 by its Gram matrix in fp64: exact to the
   * rounding of the matrix itself, a fifth of the time, and memory of the smaller side squared
   * only. In fp64 that would cost half the digits, so there the matrix itself is decomposed.
   */
  static Directions of(MergeTensor tensor, RunningTensor sum, MergePrecision precision) {
    return precision == MergePrecision.FLOAT32
        ? GramDirections.of(tensor, sum)
        : SvdDirections.of(tensor, sum);
  }
}
