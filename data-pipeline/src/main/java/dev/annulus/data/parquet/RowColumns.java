package dev.annulus.data.parquet;

import dev.annulus.config.InvalidInputException;
import dev.annulus.data.read.RowPart;
import dev.annulus.data.source.UnusedConverter;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Range;
import java.util.ArrayList;
import java.util.List;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.column.impl.ColumnReadStoreImpl;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.schema.MessageType;

/**
 * Columns of a row group that holds one row, of which only the wanted tokens are kept. No array of
 * the row's length is made.
 */
final class RowColumns {
  /** Takes the value on which a column stands. */
  private interface Sink {
    void take(ColumnReader column, int index);
  }

  private final String place;
  private final PageReadStore pages;
  private final MessageType schema;
  private final ColumnReadStoreImpl columns;
  private final int length;

  RowColumns(String place, PageReadStore pages, MessageType schema, String createdBy, int length) {
    this.place = place;
    this.pages = pages;
    this.schema = schema;
    this.columns = new ColumnReadStoreImpl(pages, new UnusedConverter(schema), schema, createdBy);
    this.length = length;
  }

  /** Where the documents stand; the segments are checked on the way. */
  Documents documents() {
    ColumnReader column = column(PackedSchema.SEGMENT_IDS);
    List<Range> documents = new ArrayList<>();
    int previous = 0;
    int start = 0;
    boolean ended = false;
    for (int i = 0; i < length; i++) {
      checkLevels(PackedSchema.SEGMENT_IDS, column, i);
      int segment = column.getInteger();
      column.consume();
      RowCheck.checkSegment(place, i, segment, previous, ended);
      ended |= segment == 0;
      if (segment != previous) {
        addDocument(documents, previous, start, i);
        start = i;
      }
      previous = segment;
    }
    addDocument(documents, previous, start, length);
    return new Documents(length, documents);
  }

  private static void addDocument(List<Range> documents, int segment, int start, int end) {
    if (segment != 0) {
      documents.add(new Range(start, end));
    }
  }

  /** Reads everything else of the part's tokens into it. */
  void fill(RowPart part) {
    read(part, PackedSchema.INPUT_IDS, (column, t) -> part.inputIds()[t] = column.getInteger());
    read(part, PackedSchema.TARGET_IDS, (column, t) -> part.targetIds()[t] = column.getInteger());
    read(
        part,
        PackedSchema.POSITION_IDS,
        (column, t) -> part.positionIds()[t] = column.getInteger());
    read(part, PackedSchema.LOSS_WEIGHTS, (column, t) -> part.lossWeights()[t] = column.getFloat());
  }

  private void read(RowPart part, String name, Sink sink) {
    ColumnReader column = column(name);
    int i = 0;
    for (int t = 0; t < part.tokens(); t++) {
      for (; i < part.indices()[t]; i++) {
        checkLevels(name, column, i);
        column.skip();
        column.consume();
      }
      checkLevels(name, column, i++);
      sink.take(column, t);
      column.consume();
    }
  }

  private ColumnReader column(String name) {
    ColumnDescriptor descriptor =
        schema.getColumnDescription(new String[] {name, "list", "element"});
    if (pages.getPageReader(descriptor).getTotalValueCount() != length) {
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
