package dev.annulus.data.parquet;

import dev.annulus.data.pack.PackedRow;
import java.io.IOException;
import java.util.List;
import org.apache.parquet.column.ColumnWriteStore;
import org.apache.parquet.column.ColumnWriter;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.compression.CompressionCodecFactory.BytesInputCompressor;
import org.apache.parquet.hadoop.ColumnChunkPageWriteStore;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.schema.MessageType;

/**
 * Row groups, column by column: the writer of records above it asks for five calls a value, which
 * took four times as long. Used by one thread.
 */
final class RowGroupWriter {
  private static final int FIRST = 0;
  private static final int FOLLOWING = 1;
  private static final int DEFINED = 1;

  private final MessageType schema;
  private final ParquetProperties properties;
  private final BytesInputCompressor compressor;
  private final ParquetFileWriter file;
  private ColumnChunkPageWriteStore pages;
  private ColumnWriteStore columns;
  private int rows;

  RowGroupWriter(
      MessageType schema,
      ParquetProperties properties,
      BytesInputCompressor compressor,
      ParquetFileWriter file) {
    this.schema = schema;
    this.properties = properties;
    this.compressor = compressor;
    this.file = file;
  }

  static ParquetProperties properties() {
    ParquetProperties.Builder properties =
        ParquetProperties.builder()
            .withWriterVersion(ParquetProperties.WriterVersion.PARQUET_2_0)
            .withPageWriteChecksumEnabled(true)
            // Nobody filters by them.
            .withStatisticsEnabled(false)
            .withSizeStatisticsEnabled(false);
    // Nearly every value is another one: a dictionary would cost more than it saves. Differences
    // are packed instead.
    for (String column :
        List.of(PackedSchema.INPUT_IDS, PackedSchema.TARGET_IDS, PackedSchema.POSITION_IDS)) {
      properties.withDictionaryEncoding(column + ".list.element", false);
    }
    return properties.build();
  }

  /** Rows of the group under way. */
  int rows() {
    return rows;
  }

  void write(PackedRow row) {
    if (columns == null) {
      pages =
          new ColumnChunkPageWriteStore(
              compressor,
              schema,
              properties.getAllocator(),
              properties.getColumnIndexTruncateLength(),
              properties.getPageWriteChecksumEnabled());
      columns = properties.newColumnWriteStore(schema, pages, pages);
    }
    write(PackedSchema.INPUT_IDS, row.inputIds());
    write(PackedSchema.TARGET_IDS, row.targetIds());
    write(PackedSchema.SEGMENT_IDS, row.segmentIds());
    write(PackedSchema.POSITION_IDS, row.positionIds());
    ColumnWriter weights = column(PackedSchema.LOSS_WEIGHTS);
    for (int i = 0; i < row.length(); i++) {
      weights.write(row.lossWeights()[i], i == 0 ? FIRST : FOLLOWING, DEFINED);
    }
    if (schema.containsField(PackedSchema.MODALITY_IDS)) {
      write(PackedSchema.MODALITY_IDS, row.modalityIds());
    }
    columns.endRecord();
    rows++;
  }

  /** Ends the group, if it has begun. */
  void finish() throws IOException {
    if (columns == null) {
      return;
    }
    file.startBlock(rows);
    columns.flush();
    pages.flushToFileWriter(file);
    file.endBlock();
    close();
  }

  /** Lets go of the group under way. */
  void close() {
    if (columns != null) {
      columns.close();
      pages.close();
      columns = null;
      rows = 0;
    }
  }

  private void write(String name, int[] values) {
    ColumnWriter column = column(name);
    for (int i = 0; i < values.length; i++) {
      column.write(values[i], i == 0 ? FIRST : FOLLOWING, DEFINED);
    }
  }

  private ColumnWriter column(String name) {
    return columns.getColumnWriter(
        schema.getColumnDescription(new String[] {name, "list", "element"}));
  }
}
