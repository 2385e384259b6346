package dev.annulus.data.parquet;

import dev.annulus.data.pack.PackingReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;

/**
 * A packed folder under construction: its parts are written aside, by any number of writers on any
 * machines, and {@link #commit} puts them in the place of the folder before. Closed without that,
 * it leaves nothing. One at a time for a folder.
 */
public final class PackedFolder implements AutoCloseable {
  private static final String SUFFIX = ".tmp";

  private final DataFolder folder;
  private final DataFolder aside;
  private boolean committed;

  private PackedFolder(DataFolder folder) {
    this.folder = folder;
    this.aside = folder.sibling(prefix() + UUID.randomUUID() + SUFFIX);
  }

  /**
   * Removes what jobs that died have left beside {@code location}, and begins.
   *
   * @param location a local path or any Hadoop URI
   */
  public static PackedFolder begin(String location, Configuration conf) {
    PackedFolder begun = new PackedFolder(DataFolder.of(location, conf));
    try {
      for (DataFolder left : begun.folder.siblings(begun.prefix(), SUFFIX)) {
        left.delete();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("clearing leftovers beside " + location, e);
    }
    return begun;
  }

  /** Where the parts are written. */
  public String aside() {
    return aside.path().toString();
  }

  /**
   * Names the parts, ends the folder, and lets it take the place of the one before.
   *
   * @param parts in the order of the rows; other files aside are of writers that were started again
   */
  public PackedManifest commit(
      PackedIdentity identity, PackingReport report, List<PartFile> parts) {
    try {
      List<PartFile> named = new ArrayList<>();
      for (PartFile part : parts) {
        String name = String.format(Locale.ROOT, "part-%05d.parquet", named.size());
        aside.rename(part.name(), name);
        named.add(new PartFile(name, part.rows(), part.bytes(), part.sha256()));
      }
      aside.deleteAllBut(named.stream().map(PartFile::name).toList());
      PackedManifest manifest =
          new PackedManifest(
              PackedManifest.VERSION,
              identity,
              report,
              PartWriter.rowsPerGroup(identity.sequenceLength()),
              named);
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
      aside.delete();
    } catch (IOException e) {
      throw new UncheckedIOException("removing " + aside.place(""), e);
    }
  }

  /** Of everything that stands aside of this folder. */
  private String prefix() {
    return "." + folder.path().getName() + ".";
  }
}
