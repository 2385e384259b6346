package dev.annulus.spark.console;

import java.util.ArrayList;
import java.util.List;

/** A small table for people: the first column to the left, the others to the right. */
public final class TextTable {
  private final List<List<String>> rows = new ArrayList<>();

  public TextTable(String... header) {
    rows.add(List.of(header));
  }

  /** Adds a row with as many cells as the header. */
  public TextTable row(String... cells) {
    if (cells.length != rows.getFirst().size()) {
      throw new IllegalArgumentException(
          cells.length + " cells in a table of " + rows.getFirst().size() + " columns");
    }
    rows.add(List.of(cells));
    return this;
  }

  @Override
  public String toString() {
    int columns = rows.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int c = 0; c < columns; c++) {
        widths[c] = Math.max(widths[c], row.get(c).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (int r = 0; r < rows.size(); r++) {
      StringBuilder line = new StringBuilder("  ");
      for (int c = 0; c < columns; c++) {
        String cell = rows.get(r).get(c);
        String fill = " ".repeat(widths[c] - cell.length());
        line.append(c == 0 ? cell + fill : "   " + fill + cell);
      }
      text.append(line.toString().stripTrailing()).append('\n');
      if (r == 0) {
        int total = 2 + 3 * (columns - 1);
        for (int w : widths) {
          total += w;
        }
        text.append("  ").append("-".repeat(total - 2)).append('\n');
      }
    }
    return text.toString().stripTrailing();
  }
}
