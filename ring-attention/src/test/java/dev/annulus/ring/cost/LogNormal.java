package dev.annulus.ring.cost;

import dev.annulus.layout.Documents;
import dev.annulus.layout.Range;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Rows full of documents of log-normal lengths. */
final class LogNormal {
  private LogNormal() {}

  static Documents documents(int length, double median, double sigma, int longest, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Range> ranges = new ArrayList<>();
    for (int start = 0; start < length; ) {
      double tokens = median * Math.exp(sigma * random.nextGaussian());
      int end = (int) Math.min(length, start + Math.max(1L, Math.min(longest, Math.round(tokens))));
      ranges.add(new Range(start, end));
      start = end;
    }
    return new Documents(length, ranges);
  }
}
