package dev.annulus.ring;

import java.util.Arrays;

/**
 * A set of rows of a block, as ascending ranges that do not touch. Immutable.
 *
 * <p>Two integers a range: a plan holds very many of these.
 */
public final class RowRanges {
  /** No rows. */
  public static final RowRanges NONE = new RowRanges(new int[0], 0);

  /** Start and end (exclusive) of one range after the other. */
  private final int[] bounds;

  private final long rows;

  private RowRanges(int[] bounds, long rows) {
    this.bounds = bounds;
    this.rows = rows;
  }

  /**
   * The rows of ranges that ascend, may touch, and do not overlap.
   *
   * @param bounds start and end (exclusive) of one range after the other
   */
  public static RowRanges of(int... bounds) {
    return of(bounds, bounds.length);
  }

  static RowRanges of(int[] bounds, int length) {
    int[] joined = new int[length];
    int size = 0;
    long rows = 0;
    for (int i = 0; i < length; i += 2) {
      int previousEnd = size == 0 ? 0 : joined[size - 1];
      if (bounds[i] < previousEnd || bounds[i + 1] < bounds[i]) {
        throw new IllegalArgumentException(
            "ranges that do not ascend: " + Arrays.toString(Arrays.copyOf(bounds, length)));
      }
      rows += bounds[i + 1] - bounds[i];
      if (bounds[i] == bounds[i + 1]) {
        continue;
      }
      if (size > 0 && bounds[i] == previousEnd) {
        joined[size - 1] = bounds[i + 1];
      } else {
        joined[size++] = bounds[i];
        joined[size++] = bounds[i + 1];
      }
    }
    return size == 0 ? NONE : new RowRanges(size == length ? joined : trim(joined, size), rows);
  }

  private static int[] trim(int[] bounds, int size) {
    return Arrays.copyOf(bounds, size);
  }

  /** Number of ranges. */
  public int ranges() {
    return bounds.length / 2;
  }

  /** First row of a range. */
  public int start(int range) {
    return bounds[2 * range];
  }

  /** After the last row of a range. */
  public int end(int range) {
    return bounds[2 * range + 1];
  }

  /** Number of rows. */
  public long rows() {
    return rows;
  }

  /** Whether there is no row. */
  public boolean isEmpty() {
    return rows == 0;
  }

  /** Whether a row is one of these. */
  public boolean contains(int row) {
    int found = Arrays.binarySearch(bounds, row);
    // At a start: in. At an end: out. Between: in, if the bound before is a start.
    return found >= 0 ? found % 2 == 0 : (-found - 1) % 2 == 1;
  }

  /** The rows of either. */
  public RowRanges union(RowRanges other) {
    if (isEmpty() || equals(other)) {
      return other;
    }
    if (other.isEmpty()) {
      return this;
    }
    int[] merged = new int[bounds.length + other.bounds.length];
    int size = 0;
    int left = 0;
    int right = 0;
    while (left < bounds.length || right < other.bounds.length) {
      boolean takeLeft =
          right == other.bounds.length
              || (left < bounds.length && bounds[left] <= other.bounds[right]);
      int start = takeLeft ? bounds[left] : other.bounds[right];
      int end = takeLeft ? bounds[left + 1] : other.bounds[right + 1];
      if (size > 0 && start <= merged[size - 1]) {
        merged[size - 1] = Math.max(merged[size - 1], end);
      } else {
        merged[size++] = start;
        merged[size++] = end;
      }
      if (takeLeft) {
        left += 2;
      } else {
        right += 2;
      }
    }
    return of(merged, size);
  }

  /**
   * These rows and, smallest first, as many of the gaps between them as have {@code extra} rows
   * together: fewer ranges for a few rows more.
   */
  public RowRanges withGapsFilled(long extra) {
    if (ranges() < 2 || extra < 1) {
      return this;
    }
    int[] gaps = new int[ranges() - 1];
    for (int i = 0; i < gaps.length; i++) {
      gaps[i] = bounds[2 * i + 2] - bounds[2 * i + 1];
    }
    int[] ascending = gaps.clone();
    Arrays.sort(ascending);
    int largest = 0;
    long left = extra;
    for (int gap : ascending) {
      if (gap > left) {
        break;
      }
      left -= gap;
      largest = gap;
    }
    if (largest == 0) {
      return this;
    }
    // Gaps of the largest size may not all fit: from the front, as far as the rows reach.
    int[] filled = new int[bounds.length];
    int size = 0;
    filled[size++] = bounds[0];
    left = extra;
    for (int gap : gaps) {
      left -= gap < largest ? gap : 0;
    }
    for (int i = 0; i < gaps.length; i++) {
      boolean fits = gaps[i] < largest || (gaps[i] == largest && gaps[i] <= left);
      if (fits) {
        left -= gaps[i] == largest ? gaps[i] : 0;
      } else {
        filled[size++] = bounds[2 * i + 1];
        filled[size++] = bounds[2 * i + 2];
      }
    }
    filled[size++] = bounds[bounds.length - 1];
    return of(filled, size);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RowRanges ranges && Arrays.equals(bounds, ranges.bounds);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bounds);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < ranges(); i++) {
      text.append(i == 0 ? "" : " ").append(start(i)).append("..").append(end(i));
    }
    return text.toString();
  }
}
