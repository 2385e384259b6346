package dev.annulus.ring;

import dev.annulus.config.ParallelSettings;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.layout.Range;
import dev.annulus.layout.RangeLayout;
import dev.annulus.layout.SequenceLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Rows and layouts with every kind of edge. */
final class RowPatterns {
  private RowPatterns() {}

  /** A row with a name for failure messages. */
  record Row(String name, Documents documents) {}

  /** Rows of a length. */
  static List<Row> rows(int length) {
    List<Row> rows = new ArrayList<>();
    rows.add(new Row("one document", Documents.single(length)));
    rows.add(new Row("padding only", new Documents(length, List.of())));
    rows.add(
        new Row(
            "one token", new Documents(length, List.of(new Range(length / 2, length / 2 + 1)))));
    rows.add(new Row("documents of one token", every(length, 1, 0)));
    rows.add(new Row("many tiny documents", every(length, 3, 0)));
    rows.add(new Row("on chunk edges of 4 ranks", every(length, Math.max(1, length / 8), 0)));
    rows.add(new Row("off chunk edges", every(length, Math.max(1, length / 8 + 1), 1)));
    rows.add(
        new Row(
            "one document and padding",
            new Documents(length, List.of(new Range(0, (2 * length + 2) / 3)))));
    for (int seed = 0; seed < 4; seed++) {
      rows.add(new Row("random documents, seed " + seed, random(length, seed)));
    }
    return rows;
  }

  /** The layouts of the configuration, and ones with ranks that hold nothing or many pieces. */
  static List<SequenceLayout> layouts(Documents documents, int ranks) {
    int length = documents.sequenceLength();
    List<SequenceLayout> layouts = new ArrayList<>();
    for (ParallelSettings.Layout kind : ParallelSettings.Layout.values()) {
      layouts.add(Layouts.of(kind, documents, ranks));
    }
    layouts.add(scattered(length, ranks, 1));
    layouts.add(scattered(length, ranks, 2));
    return layouts;
  }

  /** Documents of log-normal lengths that fill the row; the last is cut. */
  static Documents logNormal(int length, double median, double sigma, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Range> ranges = new ArrayList<>();
    int start = 0;
    while (start < length) {
      double tokens = Math.ceil(median * Math.exp(sigma * random.nextGaussian()));
      int end = (int) Math.min(length, start + tokens);
      ranges.add(new Range(start, end));
      start = end;
    }
    return new Documents(length, ranges);
  }

  private static Documents every(int length, int size, int gap) {
    List<Range> ranges = new ArrayList<>();
    for (int start = gap; start < length; start += size + gap) {
      ranges.add(new Range(start, Math.min(start + size, length)));
    }
    return new Documents(length, ranges);
  }

  private static Documents random(int length, int seed) {
    SplittableRandom random = new SplittableRandom(seed * 1000L + length);
    List<Range> ranges = new ArrayList<>();
    int start = random.nextInt(3);
    while (start < length) {
      int end = Math.min(length, start + 1 + random.nextInt(1 + length / 2));
      ranges.add(new Range(start, end));
      start = end + (random.nextInt(3) == 0 ? random.nextInt(1 + length / 4) : 0);
    }
    return new Documents(length, ranges);
  }

  /** Pieces of random length to random ranks, the first of which often gets none. */
  private static SequenceLayout scattered(int length, int ranks, int seed) {
    SplittableRandom random = new SplittableRandom(31L * seed + 7L * length + ranks);
    List<List<Range>> ranges = new ArrayList<>();
    for (int rank = 0; rank < ranks; rank++) {
      ranges.add(new ArrayList<>());
    }
    for (int start = 0; start < length; ) {
      int end = Math.min(length, start + 1 + random.nextInt(1 + length / (2 * ranks)));
      int rank = ranks == 1 ? 0 : random.nextInt(seed == 1 ? 1 : 0, ranks);
      ranges.get(rank).add(new Range(start, end));
      start = end;
    }
    return new RangeLayout("scattered, seed " + seed, length, ranges);
  }
}
