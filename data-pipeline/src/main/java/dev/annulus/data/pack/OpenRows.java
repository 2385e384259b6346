package dev.annulus.data.pack;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Rows that still have room. A segment goes into the row that it fills best, the oldest of equals,
 * or into a new one; full rows leave at once.
 */
final class OpenRows {
  /**
   * A row under way; {@code left} is its place in the order, so it changes only outside the set.
   */
  private static final class OpenRow {
    private final long number;
    private final List<Segment> segments = new ArrayList<>();
    private int left;

    OpenRow(long number, int left) {
      this.number = number;
      this.left = left;
    }
  }

  private static final Comparator<OpenRow> FULLEST_FIRST =
      Comparator.comparingInt((OpenRow row) -> row.left).thenComparingLong(row -> row.number);

  private final NavigableSet<OpenRow> rows = new TreeSet<>(FULLEST_FIRST);
  private final int sequenceLength;
  private final Consumer<PackedRow> out;
  private long count;

  OpenRows(int sequenceLength, Consumer<PackedRow> out) {
    this.sequenceLength = sequenceLength;
    this.out = out;
  }

  void place(Segment segment) {
    OpenRow row = rows.ceiling(new OpenRow(-1, segment.length()));
    if (row == null) {
      row = new OpenRow(count++, sequenceLength);
    } else {
      rows.remove(row);
    }
    row.segments.add(segment);
    row.left -= segment.length();
    if (row.left == 0) {
      emit(row);
    } else {
      rows.add(row);
    }
  }

  /** Emits the fullest rows until at most {@code most} are open. */
  void shrinkTo(int most) {
    while (rows.size() > most) {
      emit(rows.pollFirst());
    }
  }

  /** Rows begun so far. */
  long count() {
    return count;
  }

  private void emit(OpenRow row) {
    PackedRow packed =
        new PackedRow(
            new int[sequenceLength],
            new int[sequenceLength],
            new int[sequenceLength],
            new int[sequenceLength],
            new float[sequenceLength]);
    int offset = 0;
    int number = 1;
    for (Segment segment : row.segments) {
      segment.writeTo(packed, offset, number++);
      offset += segment.length();
    }
    out.accept(packed);
  }
}
