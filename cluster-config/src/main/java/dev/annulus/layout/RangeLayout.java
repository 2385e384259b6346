package dev.annulus.layout;

import java.util.Arrays;
import java.util.List;

/** A layout whose ranks hold some ranges of the row each, one behind the other. */
public final class RangeLayout implements SequenceLayout {
  private final String name;
  private final int sequenceLength;
  private final List<List<Range>> rangesByRank;
  private final int[] tokens;

  /** Start of each range of a rank, and how many of its tokens lie before it. */
  private final int[][] starts;

  private final int[][] before;

  /** All ranges in the order of the row: start and rank; each ends where the next starts. */
  private final int[] rowStarts;

  private final int[] rowRanks;

  /**
   * A layout of given ranges.
   *
   * @param name as in the configuration
   * @param sequenceLength tokens of the row
   * @param rangesByRank for each rank its ranges, ascending, none empty; together they cover the
   *     row exactly once
   */
  public RangeLayout(String name, int sequenceLength, List<List<Range>> rangesByRank) {
    this.name = name;
    this.sequenceLength = sequenceLength;
    this.rangesByRank = rangesByRank.stream().map(List::copyOf).toList();
    this.tokens = new int[ranks()];
    this.starts = new int[ranks()][];
    this.before = new int[ranks()][];
    int count = this.rangesByRank.stream().mapToInt(List::size).sum();
    // Start, end and rank of a range in one number, so that sorting needs no objects.
    long[] byStart = new long[count];
    int[] ends = new int[count];
    int[] rankOf = new int[count];
    int index = 0;
    for (int rank = 0; rank < ranks(); rank++) {
      List<Range> ranges = this.rangesByRank.get(rank);
      starts[rank] = new int[ranges.size()];
      before[rank] = new int[ranges.size()];
      for (int i = 0; i < ranges.size(); i++) {
        Range range = ranges.get(i);
        starts[rank][i] = range.start();
        before[rank][i] = tokens[rank];
        tokens[rank] += range.length();
        byStart[index] = (long) range.start() << 32 | index;
        ends[index] = range.end();
        rankOf[index++] = rank;
      }
    }
    Arrays.sort(byStart);
    this.rowStarts = new int[count];
    this.rowRanks = new int[count];
    int end = 0;
    for (int i = 0; i < count; i++) {
      int range = (int) byStart[i];
      rowStarts[i] = (int) (byStart[i] >>> 32);
      rowRanks[i] = rankOf[range];
      if (rowStarts[i] != end || ends[range] <= end) {
        throw new IllegalArgumentException(
            "ranges of a row of " + sequenceLength + " do not cover it once: " + rangesByRank);
      }
      end = ends[range];
    }
    if (end != sequenceLength) {
      throw new IllegalArgumentException(
          "ranges of a row of " + sequenceLength + " end at " + end + ": " + rangesByRank);
    }
  }

  /** For each rank its ranges, ascending. */
  public List<List<Range>> rangesByRank() {
    return rangesByRank;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int sequenceLength() {
    return sequenceLength;
  }

  @Override
  public int ranks() {
    return rangesByRank.size();
  }

  @Override
  public int tokensOf(int rank) {
    return tokens[rank];
  }

  @Override
  public int tokensBefore(int rank, int position) {
    int range = lastAtOrBefore(starts[rank], position);
    if (range < 0) {
      return 0;
    }
    int end = range + 1 < before[rank].length ? before[rank][range + 1] : tokens[rank];
    return Math.min(before[rank][range] + position - starts[rank][range], end);
  }

  @Override
  public int[] positionsOf(int rank) {
    int[] positions = new int[tokens[rank]];
    int local = 0;
    for (Range range : rangesByRank.get(rank)) {
      for (int position = range.start(); position < range.end(); position++) {
        positions[local++] = position;
      }
    }
    return positions;
  }

  @Override
  public void forEachRun(Range part, RunVisitor visitor) {
    int first = lastAtOrBefore(rowStarts, part.start());
    for (int i = first; i < rowStarts.length && rowStarts[i] < part.end(); i++) {
      int start = Math.max(rowStarts[i], part.start());
      int end = i + 1 < rowStarts.length ? rowStarts[i + 1] : sequenceLength;
      end = Math.min(end, part.end());
      if (start < end) {
        visitor.visit(rowRanks[i], start, 1, end - start);
      }
    }
  }

  /** Index of the last value that is not above {@code value}; -1 if there is none. */
  private static int lastAtOrBefore(int[] ascending, int value) {
    int found = Arrays.binarySearch(ascending, value);
    return found >= 0 ? found : -found - 2;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RangeLayout layout
        && name.equals(layout.name)
        && sequenceLength == layout.sequenceLength
        && rangesByRank.equals(layout.rangesByRank);
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + rangesByRank.hashCode();
  }

  @Override
  public String toString() {
    return name + " layout of " + sequenceLength + " tokens: " + rangesByRank;
  }
}
