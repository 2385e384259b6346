package dev.annulus.data.parquet;

import dev.annulus.data.pack.PackedRow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.column.ParquetProperties;
import org.apache.parquet.hadoop.CodecFactory;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.schema.MessageType;

/**
 * Writes one part of a packed folder. Nobody looks at it before the folder's manifest names it.
 * Used by one thread.
 */
public final class PartWriter {
  /** Row groups are small, because reading one row decodes its whole group. */
  private static final int TOKENS_PER_GROUP = 1 << 14;

  private final DataFolder folder;
  private final String name;
  private final int rowsPerGroup;
  private final HashedOutputFile out;
  private final CodecFactory codecs;
  private final ParquetFileWriter file;
  private final RowGroupWriter group;
  private int rows;

  private PartWriter(
      DataFolder folder, String name, int rowsPerGroup, boolean withModalities, Configuration conf)
      throws IOException {
    this.folder = folder;
    this.name = name;
    this.rowsPerGroup = rowsPerGroup;
    this.out = new HashedOutputFile(folder.fileSystem(), folder.file(name));
    MessageType schema = withModalities ? PackedSchema.WITH_MODALITIES : PackedSchema.MESSAGE;
    ParquetProperties properties = RowGroupWriter.properties();
    this.file =
        new ParquetFileWriter(
            out,
            schema,
            ParquetFileWriter.Mode.CREATE,
            ParquetWriter.DEFAULT_BLOCK_SIZE,
            ParquetWriter.MAX_PADDING_SIZE_DEFAULT,
            null,
            properties);
    this.codecs = new CodecFactory(conf, properties.getPageSizeThreshold());
    this.group =
        new RowGroupWriter(
            schema, properties, codecs.getCompressor(CompressionCodecName.ZSTD), file);
    file.start();
  }

  /**
   * Begins a part.
   *
   * @param folder a local path or any Hadoop URI
   * @param name that no other file there has
   * @param withModalities whether the rows have modality ids
   */
  public static PartWriter open(
      String folder, String name, int sequenceLength, boolean withModalities, Configuration conf) {
    DataFolder data = DataFolder.of(folder, conf);
    try {
      return new PartWriter(data, name, rowsPerGroup(sequenceLength), withModalities, conf);
    } catch (IOException e) {
      throw new UncheckedIOException("writing " + data.place(name), e);
    }
  }

  /** Rows of a group but the last of a part. */
  public static int rowsPerGroup(int sequenceLength) {
    return Math.max(1, TOKENS_PER_GROUP / sequenceLength);
  }

  /** Adds the next row. */
  public void write(PackedRow row) {
    try {
      group.write(row);
      rows++;
      if (group.rows() == rowsPerGroup) {
        group.finish();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("writing " + folder.place(name), e);
    }
  }

  /** Ends the part; the disk has it then. */
  public PartFile finish() {
    try {
      group.finish();
      file.end(Map.of());
      codecs.release();
      return new PartFile(name, rows, out.bytes(), out.sha256());
    } catch (IOException e) {
      throw new UncheckedIOException("writing " + folder.place(name), e);
    }
  }

  /** Lets go of a part that is not to be, and deletes it. */
  public void abandon() {
    try {
      group.close();
      codecs.release();
      file.close();
    } catch (IOException | RuntimeException e) {
      // What it would have written is deleted next; the failure that led here is the one to see.
      rows = 0;
    }
    try {
      folder.fileSystem().delete(folder.file(name), false);
    } catch (IOException e) {
      throw new UncheckedIOException("removing " + folder.place(name), e);
    }
  }
}
