package dev.annulus.data.parquet;

import dev.annulus.config.InvalidInputException;
import dev.annulus.data.source.UnusedConverter;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.column.impl.ColumnReadStoreImpl;
import org.apache.parquet.column.page.PageReadStore;

/**
 * The lists of one row group, column by column, without an object for each value. Every list has
 * {@code length} elements, or the file is damaged.
 */
final class ColumnLists {
  private final String place;
  private final PageReadStore pages;
  private final ColumnReadStoreImpl columns;
  private final int rows;
  private final int length;

  ColumnLists(String place, PageReadStore pages, String createdBy, int length) {
    this.place = place;
    this.pages = pages;
    this.columns =
        new ColumnReadStoreImpl(
            pages, new UnusedConverter(PackedSchema.MESSAGE), PackedSchema.MESSAGE, createdBy);
    this.rows = Math.toIntExact(pages.getRowCount());
    this.length = length;
  }

  int rows() {
    return rows;
  }

  int[][] integers(String name) {
    ColumnReader column = column(name);
    int[][] lists = new int[rows][length];
    for (int[] list : lists) {
      for (int i = 0; i < length; i++) {
        checkLevels(name, column, i);
        list[i] = column.getInteger();
        column.consume();
      }
    }
    return lists;
  }

  float[][] floats(String name) {
    ColumnReader column = column(name);
    float[][] lists = new float[rows][length];
    for (float[] list : lists) {
      for (int i = 0; i < length; i++) {
        checkLevels(name, column, i);
        list[i] = column.getFloat();
        column.consume();
      }
    }
    return lists;
  }

  private ColumnReader column(String name) {
    ColumnDescriptor descriptor =
        PackedSchema.MESSAGE.getColumnDescription(new String[] {name, "list", "element"});
    if (pages.getPageReader(descriptor).getTotalValueCount() != (long) rows * length) {
      throw wrongLength(name);
    }
    return columns.getColumnReader(descriptor);
  }

  private void checkLevels(String name, ColumnReader column, int i) {
    if (column.getCurrentRepetitionLevel() != (i == 0 ? 0 : 1)
        || column.getCurrentDefinitionLevel() != 1) {
      throw wrongLength(name);
    }
  }

  private InvalidInputException wrongLength(String name) {
    return new InvalidInputException(
        place, "lists of another length in " + name, "lists of " + length + " values");
  }
}
