package dev.annulus.layout;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Rows of documents of many lengths. */
final class RandomDocuments {
  private RandomDocuments() {}

  /** Documents of one token to half of the row, with padding between some of them. */
  static Documents of(Random random, int sequenceLength) {
    List<Range> ranges = new ArrayList<>();
    int longest = 1 + random.nextInt(1 + sequenceLength / 2);
    int start = random.nextInt(3);
    while (start < sequenceLength) {
      int end = Math.min(sequenceLength, start + 1 + random.nextInt(longest));
      ranges.add(new Range(start, end));
      start = end + (random.nextInt(4) == 0 ? random.nextInt(1 + longest) : 0);
    }
    return new Documents(sequenceLength, ranges);
  }

  /** Documents of log-normal lengths that fill the row; the last is cut. */
  static Documents logNormal(Random random, int sequenceLength, double median, double sigma) {
    List<Range> ranges = new ArrayList<>();
    int start = 0;
    while (start < sequenceLength) {
      double length = Math.ceil(median * Math.exp(sigma * random.nextGaussian()));
      int end = (int) Math.min(sequenceLength, start + length);
      ranges.add(new Range(start, end));
      start = end;
    }
    return new Documents(sequenceLength, ranges);
  }
}
