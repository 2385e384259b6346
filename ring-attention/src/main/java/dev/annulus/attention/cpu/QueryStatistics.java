package dev.annulus.attention.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

/**
 * What backward needs of each query of a block, of one query head.
 *
 * @param lse logarithm of the sum of exponentials of all its scores; positive infinity for a query
 *     that saw nothing, so that its probabilities come out as zeros
 * @param delta the product of its output and the output's gradient
 */
record QueryStatistics(float[] lse, float[] delta) {
  QueryStatistics(int most) {
    this(new float[most], new float[most]);
  }

  /** Of queries [query, query + count). */
  void load(BackwardCall call, int head, int query, int count) {
    long at = (long) head * call.mask().queries() + query;
    for (int i = 0; i < count; i++) {
      float logarithm = call.lse().memory().getAtIndex(JAVA_FLOAT, at + i);
      lse[i] = logarithm == Float.NEGATIVE_INFINITY ? Float.POSITIVE_INFINITY : logarithm;
      delta[i] = call.delta().memory().getAtIndex(JAVA_FLOAT, at + i);
    }
  }
}
