package dev.annulus.data.parquet;

import dev.annulus.data.pack.PackedRow;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.conf.HadoopParquetConfiguration;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/**
 * Writes one part of a packed folder. Nobody looks at it before the folder's manifest names it.
 * Used by one thread.
 */
public final class PartWriter {
  /** Row groups are small, because reading one row decodes its whole group. */
  private static final int TOKENS_PER_GROUP = 1 << 14;

  private final DataFolder folder;
  private final String name;
  private final HashedOutputFile file;
  private final ParquetWriter<PackedRow> writer;
  private int rows;

  private PartWriter(DataFolder folder, String name, HashedOutputFile file, Builder builder)
      throws IOException {
    this.folder = folder;
    this.name = name;
    this.file = file;
    this.writer = builder.build();
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
      HashedOutputFile file = new HashedOutputFile(data.fileSystem(), data.file(name));
      return new PartWriter(
          data, name, file, new Builder(file, conf, rowsPerGroup(sequenceLength), withModalities));
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
      writer.write(row);
      rows++;
    } catch (IOException e) {
      throw new UncheckedIOException("writing " + folder.place(name), e);
    }
  }

  /** Ends the part; the disk has it then. */
  public PartFile finish() {
    try {
      writer.close();
      return new PartFile(name, rows, file.bytes(), file.sha256());
    } catch (IOException e) {
      throw new UncheckedIOException("writing " + folder.place(name), e);
    }
  }

  /** Lets go of a part that is not to be, and deletes it. */
  public void abandon() {
    try {
      writer.close();
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

  private static final class Builder extends ParquetWriter.Builder<PackedRow, Builder> {
    private final boolean withModalities;

    Builder(HashedOutputFile file, Configuration conf, int rowsPerGroup, boolean withModalities) {
      super(file);
      this.withModalities = withModalities;
      withConf(new HadoopParquetConfiguration(conf));
      withCompressionCodec(CompressionCodecName.ZSTD);
      withRowGroupRowCountLimit(rowsPerGroup);
      withPageWriteChecksumEnabled(true);
      // Nobody filters by them.
      withStatisticsEnabled(false);
      withSizeStatisticsEnabled(false);
    }

    @Override
    protected Builder self() {
      return this;
    }

    @Override
    protected WriteSupport<PackedRow> getWriteSupport(ParquetConfiguration conf) {
      return new PackedRowWriteSupport(withModalities);
    }

    // Abstract above, though nothing calls it any more.
    @Override
    @SuppressWarnings("deprecation")
    protected WriteSupport<PackedRow> getWriteSupport(Configuration conf) {
      return new PackedRowWriteSupport(withModalities);
    }
  }
}
