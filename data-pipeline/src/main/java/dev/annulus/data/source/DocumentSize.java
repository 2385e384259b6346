package dev.annulus.data.source;

import dev.annulus.data.document.Outcome;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;

/** How large a document of text may be: it is held in memory, several times over. */
final class DocumentSize {
  /** 128 MiB: a library of a hundred books in one record. */
  static final int MAX_BYTES = 128 << 20;

  private DocumentSize() {}

  /** Opens a split whose documents of text may have this many bytes. */
  static SplitDocuments open(FileSplit split, Configuration conf, int maxBytes) throws IOException {
    return switch (split.format()) {
      case TEXT -> new TextSplit(split, conf, maxBytes);
      case JSONL -> new JsonSplit(split, conf, maxBytes);
      case PARQUET -> new ParquetSplit(split, conf, maxBytes);
    };
  }

  static <T> Outcome<T> tooLarge(String place, int maxBytes) {
    return new Outcome.Bad<>(
        place, "a document of more than " + maxBytes + " bytes", "a smaller one");
  }
}
