package dev.annulus.data.source;

import dev.annulus.config.SourceSettings.Text;
import dev.annulus.config.SourceSettings.TokenIds;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.schema.MessageType;

/** The documents of one row group of a Parquet file. */
interface RowDocuments {
  boolean hasNext();

  SplitDocuments.Numbered next();

  /** One column is read without an object for each value, several are put together by rows. */
  static RowDocuments of(
      FileSplit split, PageReadStore group, MessageType schema, String createdBy, int maxBytes)
      throws UnfitColumnException {
    return switch (split.content()) {
      case Text text -> new DocumentColumn(split, group, schema, createdBy, maxBytes);
      case TokenIds ids when ids.modalityField().isEmpty() ->
          new DocumentColumn(split, group, schema, createdBy, maxBytes);
      default -> new DocumentRecords(split, group, schema);
    };
  }
}
