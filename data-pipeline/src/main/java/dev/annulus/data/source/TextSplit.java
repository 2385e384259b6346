package dev.annulus.data.source;

import dev.annulus.data.document.Document;
import dev.annulus.data.document.Outcome;
import dev.annulus.data.document.StrictUtf8;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** A file of text, which is one document. */
final class TextSplit implements SplitDocuments {
  private final FileSplit split;
  private final Configuration conf;
  private final int maxBytes;
  private boolean read;

  TextSplit(FileSplit split, Configuration conf, int maxBytes) {
    this.split = split;
    this.conf = conf;
    this.maxBytes = maxBytes;
  }

  @Override
  public Numbered next() throws IOException {
    if (read) {
      return null;
    }
    read = true;
    return new Numbered(0, document());
  }

  private Outcome<Document> document() throws IOException {
    String place = split.file().place();
    Path path = new Path(split.file().uri());
    Compression compression = split.file().compression();
    byte[] bytes;
    try (InputStream in = compression.open(path.getFileSystem(conf).open(path))) {
      bytes = in.readNBytes(maxBytes + 1);
    } catch (IOException e) {
      if (compression == Compression.NONE) {
        throw e;
      }
      return DamagedFile.outcome(place, e);
    }
    if (bytes.length > maxBytes) {
      return DocumentSize.tooLarge(place, maxBytes);
    }
    int malformed = StrictUtf8.firstMalformed(bytes);
    if (malformed >= 0) {
      return new Outcome.Bad<>(
          place, StrictUtf8.describe(bytes, malformed) + " at byte " + malformed, "UTF-8");
    }
    return new Outcome.Good<>(
        new Document(place, new Document.Text(new String(bytes, StandardCharsets.UTF_8))));
  }

  @Override
  public void close() {
    // The file is open only while it is read.
  }
}
