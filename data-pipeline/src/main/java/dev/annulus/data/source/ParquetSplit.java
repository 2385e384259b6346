package dev.annulus.data.source;

import dev.annulus.config.Problem;
import dev.annulus.data.document.Outcome;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.HadoopReadOptions;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;

/**
 * The rows of a Parquet file in the row groups that begin in a split. A file that is damaged is one
 * problem, and the split ends there.
 */
final class ParquetSplit implements SplitDocuments {
  private final FileSplit split;
  private final Configuration conf;
  private final int maxBytes;
  private ParquetFileReader reader;
  private RowDocuments column;
  private boolean ended;

  ParquetSplit(FileSplit split, Configuration conf, int maxBytes) {
    this.split = split;
    this.conf = conf;
    this.maxBytes = maxBytes;
  }

  @Override
  public Numbered next() throws IOException {
    try {
      if (reader == null && !ended) {
        reader = open();
      }
      while (!ended && (column == null || !column.hasNext())) {
        PageReadStore group = reader.readNextRowGroup();
        if (group == null) {
          ended = true;
        } else {
          column =
              RowDocuments.of(
                  split,
                  group,
                  reader.getFileMetaData().getSchema(),
                  reader.getFileMetaData().getCreatedBy(),
                  maxBytes);
        }
      }
      return ended ? null : column.next();
    } catch (UnfitColumnException e) {
      ended = true;
      return new Numbered(
          0,
          new Outcome.Bad<>(
              new Problem(split.file().place(), e.getMessage(), e.expectation()), true));
    } catch (IOException | RuntimeException e) {
      ended = true;
      return new Numbered(
          0,
          new Outcome.Bad<>(
              new Problem(
                  split.file().place(), "damaged or unreadable: " + e, "a Parquet file, whole"),
              true));
    }
  }

  private ParquetFileReader open() throws IOException {
    return ParquetFileReader.open(
        HadoopInputFile.fromPath(new Path(split.file().uri()), conf),
        HadoopReadOptions.builder(conf)
            .withRange(split.start(), split.end())
            .usePageChecksumVerification(true)
            .build());
  }

  @Override
  public void close() throws IOException {
    if (reader != null) {
      reader.close();
    }
  }
}
