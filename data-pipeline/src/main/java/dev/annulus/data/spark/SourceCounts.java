package dev.annulus.data.spark;

import java.io.Serializable;

/** What each source holds. Used by one thread. */
final class SourceCounts implements Serializable {
  private static final long serialVersionUID = 1L;

  /**
   * Documents and tokens.
   *
   * @param usable documents that may be packed, empty ones too
   * @param tokens theirs
   * @param bad documents that could not be read
   * @param heldOut documents kept out
   * @param heldOutTokens theirs
   */
  record Counts(long usable, long tokens, long bad, long heldOut, long heldOutTokens)
      implements Serializable {
    static final Counts NONE = new Counts(0, 0, 0, 0, 0);

    Counts plus(Counts other) {
      return new Counts(
          usable + other.usable,
          tokens + other.tokens,
          bad + other.bad,
          heldOut + other.heldOut,
          heldOutTokens + other.heldOutTokens);
    }

    long all() {
      return usable + bad + heldOut;
    }
  }

  private final Counts[] bySource;
  private long brokenFiles;

  SourceCounts(int sources) {
    bySource = new Counts[sources];
    java.util.Arrays.fill(bySource, Counts.NONE);
  }

  void add(int source, int tokens, boolean bad, boolean heldOut, boolean endsFile) {
    Counts one =
        bad
            ? new Counts(0, 0, 1, 0, 0)
            : heldOut ? new Counts(0, 0, 0, 1, tokens) : new Counts(1, tokens, 0, 0, 0);
    bySource[source] = bySource[source].plus(one);
    brokenFiles += endsFile ? 1 : 0;
  }

  void merge(SourceCounts other) {
    for (int s = 0; s < bySource.length; s++) {
      bySource[s] = bySource[s].plus(other.bySource[s]);
    }
    brokenFiles += other.brokenFiles;
  }

  Counts of(int source) {
    return bySource[source];
  }

  int sources() {
    return bySource.length;
  }

  Counts total() {
    Counts total = Counts.NONE;
    for (Counts counts : bySource) {
      total = total.plus(counts);
    }
    return total;
  }

  /** Files of which it is not known how many documents they hold. */
  long brokenFiles() {
    return brokenFiles;
  }
}
