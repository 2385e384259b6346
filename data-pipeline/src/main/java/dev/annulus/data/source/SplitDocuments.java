package dev.annulus.data.source;

import dev.annulus.data.document.Document;
import dev.annulus.data.document.Outcome;
import java.io.Closeable;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;

/** The documents of one split, one by one. */
public sealed interface SplitDocuments extends Closeable
    permits TextSplit, JsonSplit, ParquetSplit {
  /**
   * A document and its number in the file.
   *
   * @param line from 1; 0 where the file is the document
   */
  record Numbered(long line, Outcome<Document> outcome) {}

  /**
   * The next document, or null at the end. What is wrong with the contents of the file is an
   * outcome.
   *
   * @throws IOException if the file system fails
   */
  Numbered next() throws IOException;

  /** Opens a split. */
  static SplitDocuments open(FileSplit split, Configuration conf) throws IOException {
    return DocumentSize.open(split, conf, DocumentSize.MAX_BYTES);
  }
}
