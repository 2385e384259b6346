package dev.annulus.data.parquet;

import dev.annulus.data.pack.PackedRow;
import dev.annulus.data.read.PackedRows;
import dev.annulus.data.read.RowPart;
import dev.annulus.data.read.RowShare;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.apache.hadoop.conf.Configuration;

/**
 * A packed folder, any row at any time. Part files are opened when they are first needed, and stay
 * open while they are among the last used; decoded row groups are kept likewise, about 1 Mi tokens
 * (20 MiB) of them. Every row is checked when it is decoded. Used by one thread.
 */
public final class ParquetPackedRows implements PackedRows {
  private static final int OPEN_PARTS = 16;
  private static final int KEPT_TOKENS = 1 << 20;

  private final Configuration conf;
  private final DataFolder folder;
  private final PackedManifest manifest;

  /** Number of the first row of each part, and behind the last the number of rows. */
  private final int[] firstRows;

  private final Map<Integer, PartReader> readers = new LinkedHashMap<>(16, .75f, true);
  private final Map<Long, PackedRow[]> groups = new LinkedHashMap<>(16, .75f, true);

  private ParquetPackedRows(DataFolder folder, PackedManifest manifest, Configuration conf) {
    this.conf = conf;
    this.folder = folder;
    this.manifest = manifest;
    this.firstRows = new int[manifest.parts().size() + 1];
    for (int part = 0; part < manifest.parts().size(); part++) {
      firstRows[part + 1] = firstRows[part] + manifest.parts().get(part).rows();
    }
  }

  /** Opens a folder with Hadoop's default configuration. */
  public static ParquetPackedRows open(String folder) {
    return open(folder, new Configuration());
  }

  /**
   * Opens a folder.
   *
   * @param folder a local path or any Hadoop URI
   * @throws dev.annulus.config.InvalidInputException if it has no manifest that can be trusted
   */
  public static ParquetPackedRows open(String folder, Configuration conf) {
    DataFolder data = DataFolder.of(folder, conf);
    return new ParquetPackedRows(data, PackedManifest.read(data), conf);
  }

  /** What made these rows. */
  public PackedManifest manifest() {
    return manifest;
  }

  @Override
  public int size() {
    return firstRows[firstRows.length - 1];
  }

  @Override
  public int sequenceLength() {
    return manifest.identity().sequenceLength();
  }

  @Override
  public PackedRow row(int index) {
    Objects.checkIndex(index, size());
    int part = partOf(index);
    int rowInPart = index - firstRows[part];
    int group = rowInPart / manifest.rowsPerGroup();
    return group(part, group)[rowInPart % manifest.rowsPerGroup()];
  }

  @Override
  public RowPart part(int index, RowShare share) {
    if (manifest.rowsPerGroup() > 1) {
      // Short rows are decoded by the group, and kept.
      return PackedRows.super.part(index, share);
    }
    Objects.checkIndex(index, size());
    int part = partOf(index);
    return reader(part).readPart(index - firstRows[part], share);
  }

  private int partOf(int index) {
    int part = Arrays.binarySearch(firstRows, index);
    return part >= 0 ? part : -part - 2;
  }

  private PackedRow[] group(int part, int group) {
    long key = (long) part << Integer.SIZE | group;
    PackedRow[] rows = groups.get(key);
    if (rows == null) {
      rows = reader(part).read(group, group * manifest.rowsPerGroup());
      groups.put(key, rows);
      int kept = Math.max(1, KEPT_TOKENS / manifest.rowsPerGroup() / sequenceLength());
      if (groups.size() > kept) {
        removeOldest(groups);
      }
    }
    return rows;
  }

  private PartReader reader(int part) {
    PartReader reader = readers.get(part);
    if (reader == null) {
      if (readers.size() == OPEN_PARTS) {
        close(removeOldest(readers));
      }
      reader = PartReader.open(folder, manifest, manifest.parts().get(part), conf);
      readers.put(part, reader);
    }
    return reader;
  }

  private static <V> V removeOldest(Map<?, V> byAge) {
    Iterator<V> oldest = byAge.values().iterator();
    V value = oldest.next();
    oldest.remove();
    return value;
  }

  @Override
  public void close() {
    groups.clear();
    readers.values().forEach(ParquetPackedRows::close);
    readers.clear();
  }

  private static void close(PartReader reader) {
    try {
      reader.close();
    } catch (IOException e) {
      throw new UncheckedIOException("closing a part of packed data", e);
    }
  }
}
