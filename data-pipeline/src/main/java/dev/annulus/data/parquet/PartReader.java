package dev.annulus.data.parquet;

import dev.annulus.config.InvalidInputException;
import dev.annulus.data.pack.PackedRow;
import dev.annulus.data.read.RowPart;
import dev.annulus.data.read.RowShare;
import dev.annulus.layout.Documents;
import java.io.Closeable;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.HadoopReadOptions;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.schema.MessageType;

/** One open part file: its footer is read once, its row groups by number. */
final class PartReader implements Closeable {
  private final String place;
  private final PackedIdentity identity;
  private final ParquetFileReader reader;

  private PartReader(String place, PackedIdentity identity, ParquetFileReader reader) {
    this.place = place;
    this.identity = identity;
    this.reader = reader;
  }

  /**
   * @throws InvalidInputException if the file is not the one that the manifest lists, or is damaged
   */
  static PartReader open(
      DataFolder folder, PackedManifest manifest, PartFile part, Configuration conf) {
    String place = folder.place(part.name());
    ParquetFileReader reader = null;
    try {
      checkSize(place, folder.size(part.name()), part.bytes());
      HadoopInputFile file =
          HadoopInputFile.fromStatus(
              folder.fileSystem().getFileStatus(folder.file(part.name())), conf);
      reader =
          ParquetFileReader.open(
              file, HadoopReadOptions.builder(conf).usePageChecksumVerification(true).build());
      PackedSchema.check(place, reader.getFileMetaData().getSchema());
      // Modality ids are not for the worker.
      reader.setRequestedSchema(PackedSchema.MESSAGE);
      checkGroups(place, reader, manifest.rowsPerGroup(), part.rows());
      return new PartReader(place, manifest.identity(), reader);
    } catch (IOException | RuntimeException e) {
      InvalidInputException damaged = damaged(place, e);
      closeAfter(damaged, reader);
      throw damaged;
    }
  }

  /**
   * All rows of a group, checked.
   *
   * @param firstRow number of its first row in the file, for messages
   * @throws InvalidInputException if they are damaged
   */
  PackedRow[] read(int group, int firstRow) {
    try {
      ColumnLists lists =
          new ColumnLists(
              place,
              reader.readRowGroup(group),
              reader.getFileMetaData().getCreatedBy(),
              identity.sequenceLength());
      int[][] inputIds = lists.integers(PackedSchema.INPUT_IDS);
      int[][] targetIds = lists.integers(PackedSchema.TARGET_IDS);
      int[][] segmentIds = lists.integers(PackedSchema.SEGMENT_IDS);
      int[][] positionIds = lists.integers(PackedSchema.POSITION_IDS);
      float[][] weights = lists.floats(PackedSchema.LOSS_WEIGHTS);
      PackedRow[] rows = new PackedRow[lists.rows()];
      for (int i = 0; i < rows.length; i++) {
        rows[i] =
            new PackedRow(inputIds[i], targetIds[i], segmentIds[i], positionIds[i], weights[i]);
        RowCheck.check(place + ", row " + (firstRow + i), rows[i], identity.vocabularySize());
      }
      return rows;
    } catch (IOException | RuntimeException e) {
      throw damaged(place, e);
    }
  }

  /**
   * Part of the one row of a group: its segments are decoded first and say what of the rest is.
   *
   * @throws InvalidInputException if what is read is damaged
   */
  RowPart readPart(int group, RowShare share) {
    String row = place + ", row " + group;
    try {
      Documents documents = columns(row, group, PackedSchema.SEGMENTS).documents();
      RowPart part = RowPart.empty(documents, share.of(documents));
      columns(row, group, PackedSchema.OF_TOKENS).fill(part);
      RowCheck.check(row, part, identity.vocabularySize());
      return part;
    } catch (IOException | RuntimeException e) {
      throw damaged(row, e);
    } finally {
      reader.setRequestedSchema(PackedSchema.MESSAGE);
    }
  }

  private RowColumns columns(String row, int group, MessageType wanted) throws IOException {
    reader.setRequestedSchema(wanted);
    return new RowColumns(
        row,
        reader.readRowGroup(group),
        wanted,
        reader.getFileMetaData().getCreatedBy(),
        identity.sequenceLength());
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }

  private static void checkSize(String place, long bytes, long expected) {
    if (bytes != expected) {
      throw new InvalidInputException(
          place,
          bytes < 0 ? "no such file" : "a file of " + bytes + " bytes",
          expected + " bytes, as its manifest says");
    }
  }

  private static void checkGroups(
      String place, ParquetFileReader reader, int rowsPerGroup, int rows) {
    int left = rows;
    for (BlockMetaData group : reader.getRowGroups()) {
      int expected = Math.min(left, rowsPerGroup);
      if (expected == 0 || group.getRowCount() != expected) {
        throw new InvalidInputException(
            place, "a row group of " + group.getRowCount() + " rows", expected + " rows");
      }
      left -= expected;
    }
    if (left != 0) {
      throw new InvalidInputException(place, (rows - left) + " rows", rows + " rows");
    }
  }

  /** Parquet's own complaints are of many kinds; to the user they all mean one thing. */
  private static InvalidInputException damaged(String place, Exception cause) {
    return cause instanceof InvalidInputException invalid
        ? invalid
        : new InvalidInputException(
            place,
            "damaged or unreadable: " + cause,
            "packed rows; delete the folder, and they are packed anew",
            cause);
  }

  private static void closeAfter(InvalidInputException failure, ParquetFileReader reader) {
    if (reader != null) {
      try {
        reader.close();
      } catch (IOException e) {
        failure.addSuppressed(e);
      }
    }
  }
}
