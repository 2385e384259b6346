package dev.annulus.data.source;

import dev.annulus.config.SourceSettings.TokenIds;
import dev.annulus.data.document.Document;
import dev.annulus.data.document.Outcome;
import dev.annulus.data.document.StrictUtf8;
import dev.annulus.data.source.SplitDocuments.Numbered;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.apache.parquet.column.ColumnDescriptor;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.column.impl.ColumnReadStoreImpl;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Type;
import org.apache.parquet.schema.Type.Repetition;

/**
 * The column of one row group that holds the documents: strings, or lists of integers, read without
 * an object for each token.
 */
final class DocumentColumn implements RowDocuments {
  private final FileSplit split;
  private final ColumnDescriptor descriptor;
  private final ColumnReader column;
  private final int elementLevel;
  private final int maxBytes;

  /** Definition level from which on there is a list, empty or not. */
  private final int listLevel;

  private final long rows;
  private final long firstRow;
  private long row;

  DocumentColumn(
      FileSplit split, PageReadStore group, MessageType schema, String createdBy, int maxBytes)
      throws UnfitColumnException {
    this.split = split;
    this.maxBytes = maxBytes;
    this.descriptor = find(schema, split);
    this.elementLevel = elementLevel(schema, descriptor);
    this.listLevel =
        schema.getType(split.content().field()).isRepetition(Repetition.OPTIONAL) ? 1 : 0;
    MessageType projection =
        new MessageType(schema.getName(), schema.getType(split.content().field()));
    this.column =
        new ColumnReadStoreImpl(group, new UnusedConverter(projection), projection, createdBy)
            .getColumnReader(descriptor);
    this.rows = group.getRowCount();
    this.firstRow = group.getRowIndexOffset().orElse(0L);
  }

  @Override
  public boolean hasNext() {
    return row < rows;
  }

  @Override
  public Numbered next() {
    long line = firstRow + ++row;
    String place = split.file().place() + ":" + line;
    return new Numbered(line, isIds(split) ? ids(place) : text(place));
  }

  private static boolean isIds(FileSplit split) {
    return split.content() instanceof TokenIds;
  }

  private Outcome<Document> text(String place) {
    boolean isNull = column.getCurrentDefinitionLevel() < descriptor.getMaxDefinitionLevel();
    byte[] bytes = isNull ? new byte[0] : column.getBinary().getBytes();
    column.consume();
    if (isNull) {
      return new Outcome.Bad<>(place, "'" + split.content().field() + "' is null", "a string");
    }
    if (bytes.length > maxBytes) {
      return DocumentSize.tooLarge(place, maxBytes);
    }
    int malformed = StrictUtf8.firstMalformed(bytes);
    if (malformed >= 0) {
      return new Outcome.Bad<>(
          place, StrictUtf8.describe(bytes, malformed) + " at byte " + malformed, "UTF-8");
    }
    return new Outcome.Good<>(
        new Document(place, new Document.Text(new String(bytes, StandardCharsets.UTF_8))));
  }

  private Outcome<Document> ids(String place) {
    int[] ids = new int[64];
    int length = 0;
    String wrong = null;
    do {
      int level = column.getCurrentDefinitionLevel();
      if (level >= elementLevel) {
        if (length == ids.length) {
          ids = Arrays.copyOf(ids, 2 * length);
        }
        long id = level < descriptor.getMaxDefinitionLevel() ? Long.MIN_VALUE : integer();
        if (id != (int) id && wrong == null) {
          wrong = (id == Long.MIN_VALUE ? "null" : "the number " + id) + " at position " + length;
        }
        ids[length++] = (int) id;
      } else if (level < listLevel) {
        wrong = "null for a list";
      }
      column.consume();
    } while (column.getCurrentRepetitionLevel() > 0);
    return wrong != null
        ? new Outcome.Bad<>(place, "'" + split.content().field() + "' has " + wrong, "token ids")
        : new Outcome.Good<>(new Document(place, new Document.Ids(Arrays.copyOf(ids, length))));
  }

  private long integer() {
    return descriptor.getPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.INT32
        ? column.getInteger()
        : column.getLong();
  }

  private static ColumnDescriptor find(MessageType schema, FileSplit split)
      throws UnfitColumnException {
    String field = split.content().field();
    String expectation =
        "a column '" + field + "' of " + (isIds(split) ? "lists of integers" : "strings");
    if (!schema.containsField(field)) {
      throw new UnfitColumnException(
          "columns " + schema.getFields().stream().map(Type::getName).toList(), expectation);
    }
    List<ColumnDescriptor> columns =
        schema.getColumns().stream().filter(c -> c.getPath()[0].equals(field)).toList();
    ColumnDescriptor column = columns.getFirst();
    PrimitiveTypeName type = column.getPrimitiveType().getPrimitiveTypeName();
    boolean fits =
        isIds(split)
            ? column.getMaxRepetitionLevel() == 1
                && (type == PrimitiveTypeName.INT32 || type == PrimitiveTypeName.INT64)
            : column.getMaxRepetitionLevel() == 0 && type == PrimitiveTypeName.BINARY;
    if (columns.size() != 1 || !fits) {
      throw new UnfitColumnException(
          schema.getType(field).toString().replaceAll("\\s+", " "), expectation);
    }
    return column;
  }

  /** Definition level from which on there is an element, null or not. */
  private static int elementLevel(MessageType schema, ColumnDescriptor column) {
    String[] path = column.getPath();
    int depth = 1;
    while (depth < path.length && schema.getMaxRepetitionLevel(Arrays.copyOf(path, depth)) == 0) {
      depth++;
    }
    return schema.getMaxDefinitionLevel(Arrays.copyOf(path, depth));
  }
}
