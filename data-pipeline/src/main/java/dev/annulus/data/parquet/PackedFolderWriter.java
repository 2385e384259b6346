package dev.annulus.data.parquet;

import dev.annulus.data.pack.PackedRow;
import dev.annulus.data.pack.PackingReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.conf.HadoopParquetConfiguration;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/**
 * Writes a packed folder aside; {@link #commit} puts it in the place of the one before. Closed
 * without that, it leaves nothing. One writer a folder at a time; used by one thread.
 */
public final class PackedFolderWriter implements AutoCloseable {
  /** Row groups are small, because reading one row decodes its whole group. */
  private static final int TOKENS_PER_GROUP = 1 << 14;

  private static final int TOKENS_PER_PART = 1 << 22;

  private static final String SUFFIX = ".tmp";

  private final Configuration conf;
  private final DataFolder folder;
  private final DataFolder aside;
  private final int rowsPerGroup;
  private final int rowsPerPart;
  private final List<PartFile> parts = new ArrayList<>();
  private HashedOutputFile file;
  private ParquetWriter<PackedRow> writer;
  private int rowsInPart;
  private boolean committed;

  /**
   * Removes what writers that died have left beside {@code folder}, and begins.
   *
   * @param folder a local path or any Hadoop URI
   */
  public PackedFolderWriter(String folder, int sequenceLength, Configuration conf) {
    this(folder, sequenceLength, TOKENS_PER_PART, conf);
  }

  PackedFolderWriter(String folder, int sequenceLength, int tokensPerPart, Configuration conf) {
    this.conf = conf;
    this.folder = DataFolder.of(folder, conf);
    this.rowsPerGroup = Math.max(1, TOKENS_PER_GROUP / sequenceLength);
    this.rowsPerPart = rowsPerGroup * Math.max(1, tokensPerPart / rowsPerGroup / sequenceLength);
    this.aside = this.folder.sibling(prefix() + UUID.randomUUID() + SUFFIX);
    try {
      for (DataFolder left : this.folder.siblings(prefix(), SUFFIX)) {
        left.delete();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("clearing leftovers beside " + folder, e);
    }
  }

  /** Adds the next row. */
  public void write(PackedRow row) {
    try {
      if (writer == null) {
        file = new HashedOutputFile(aside.fileSystem(), aside.file(partName()));
        writer = new Builder(file, conf, rowsPerGroup).build();
      }
      writer.write(row);
      rowsInPart++;
      if (rowsInPart == rowsPerPart) {
        finishPart();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("writing " + aside.place(partName()), e);
    }
  }

  /** Ends the folder, and lets it take the place of the one before. */
  public PackedManifest commit(PackedIdentity identity, PackingReport report) {
    try {
      finishPart();
      PackedManifest manifest =
          new PackedManifest(PackedManifest.VERSION, identity, report, rowsPerGroup, parts);
      aside.write(PackedManifest.NAME, manifest.toJson());
      replace();
      committed = true;
      return manifest;
    } catch (IOException e) {
      throw new UncheckedIOException("finishing " + folder.place(""), e);
    }
  }

  /** No file system swaps two folders: for a moment there is none, which readers call missing. */
  private void replace() throws IOException {
    if (!folder.exists()) {
      aside.renameTo(folder);
      return;
    }
    DataFolder before = folder.sibling(prefix() + UUID.randomUUID() + ".old" + SUFFIX);
    folder.renameTo(before);
    try {
      aside.renameTo(folder);
    } catch (IOException e) {
      before.renameTo(folder);
      throw e;
    }
    before.delete();
  }

  @Override
  public void close() {
    if (committed) {
      return;
    }
    try {
      if (writer != null) {
        writer.close();
      }
    } catch (IOException | RuntimeException e) {
      // What it would have written is deleted next; the failure that led here is the one to see.
      writer = null;
    }
    try {
      aside.delete();
    } catch (IOException e) {
      throw new UncheckedIOException("removing " + aside.place(""), e);
    }
  }

  private void finishPart() throws IOException {
    if (writer == null) {
      return;
    }
    writer.close();
    writer = null;
    parts.add(new PartFile(partName(), rowsInPart, file.bytes(), file.sha256()));
    rowsInPart = 0;
  }

  /** Of everything that stands aside of this folder. */
  private String prefix() {
    return "." + folder.path().getName() + ".";
  }

  private String partName() {
    return String.format(Locale.ROOT, "part-%05d.parquet", parts.size());
  }

  private static final class Builder extends ParquetWriter.Builder<PackedRow, Builder> {
    Builder(HashedOutputFile file, Configuration conf, int rowsPerGroup) {
      super(file);
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
      return new PackedRowWriteSupport();
    }

    // Abstract above, though nothing calls it any more.
    @Override
    @SuppressWarnings("deprecation")
    protected WriteSupport<PackedRow> getWriteSupport(Configuration conf) {
      return new PackedRowWriteSupport();
    }
  }
}
