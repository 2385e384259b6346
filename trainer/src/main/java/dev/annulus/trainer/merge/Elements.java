package dev.annulus.trainer.merge;

/** The numbers of a tensor, row-major, read as fp64 a stretch at a time. */
interface Elements {
  /** Elements that a pass over a tensor reads at a time: what stays in a core's cache. */
  int STRETCH = 1 << 13;

  /** Number of elements. */
  long size();

  /** Elements {@code start} to {@code start + count} into the first of {@code into}. */
  void read(long start, double[] into, int count);

  /** What a pass does with a stretch. */
  @FunctionalInterface
  interface Stretch {
    void visit(long start, int count);
  }

  /** Visits all elements in order. */
  static void forEachStretch(long size, Stretch stretch) {
    for (long start = 0; start < size; start += STRETCH) {
      stretch.visit(start, (int) Math.min(STRETCH, size - start));
    }
  }

  /** Sum of the squares, in the order of the elements. */
  static double squares(double[] values, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += values[i] * values[i];
    }
    return sum;
  }

  /** Inner product, in the order of the elements. */
  static double dot(double[] a, double[] b, int count) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
