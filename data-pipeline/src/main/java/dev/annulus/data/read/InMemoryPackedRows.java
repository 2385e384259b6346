package dev.annulus.data.read;

import dev.annulus.data.pack.PackedRow;
import java.util.List;
import java.util.Objects;

/** Packed rows that are at hand, for evaluation and small runs. */
public final class InMemoryPackedRows implements PackedRows {
  private final List<PackedRow> rows;

  /**
   * @param rows at least one, all of one length
   */
  public InMemoryPackedRows(List<PackedRow> rows) {
    this.rows = List.copyOf(rows);
    if (rows.isEmpty()) {
      throw new IllegalArgumentException("no rows, expected at least 1");
    }
    for (int i = 0; i < rows.size(); i++) {
      if (rows.get(i).length() != sequenceLength()) {
        throw new IllegalArgumentException(
            "row %d has %d tokens, expected %d as in row 0"
                .formatted(i, rows.get(i).length(), sequenceLength()));
      }
    }
  }

  @Override
  public int size() {
    return rows.size();
  }

  @Override
  public int sequenceLength() {
    return rows.getFirst().length();
  }

  @Override
  public PackedRow row(int index) {
    return rows.get(Objects.checkIndex(index, rows.size()));
  }

  @Override
  public void close() {
    // Holds nothing but memory.
  }
}
