package dev.annulus.data.parquet;

import dev.annulus.data.pack.PackedRow;
import dev.annulus.data.pack.PackingReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;

/** A packed folder written by one thread, part by part. */
final class PackedFolderWriter implements AutoCloseable {
  private final PackedFolder folder;
  private final int sequenceLength;
  private final int rowsPerPart;
  private final Configuration conf;
  private final List<PartFile> parts = new ArrayList<>();
  private PartWriter writer;
  private int rowsInPart;

  PackedFolderWriter(String folder, int sequenceLength, Configuration conf) {
    this(folder, sequenceLength, 1 << 22, conf);
  }

  PackedFolderWriter(String folder, int sequenceLength, int tokensPerPart, Configuration conf) {
    this.folder = PackedFolder.begin(folder, conf);
    this.sequenceLength = sequenceLength;
    int perGroup = PartWriter.rowsPerGroup(sequenceLength);
    this.rowsPerPart = perGroup * Math.max(1, tokensPerPart / perGroup / sequenceLength);
    this.conf = conf;
  }

  void write(PackedRow row) {
    if (writer == null) {
      String name = String.format(Locale.ROOT, "written-%d", parts.size());
      writer = PartWriter.open(folder.aside(), name, sequenceLength, false, conf);
    }
    writer.write(row);
    rowsInPart++;
    if (rowsInPart == rowsPerPart) {
      finishPart();
    }
  }

  PackedManifest commit(PackedIdentity identity, PackingReport report) {
    finishPart();
    return folder.commit(identity, report, parts);
  }

  private void finishPart() {
    if (writer != null) {
      parts.add(writer.finish());
      writer = null;
      rowsInPart = 0;
    }
  }

  @Override
  public void close() {
    try {
      if (writer != null) {
        writer.abandon();
      }
    } finally {
      folder.close();
    }
  }
}
