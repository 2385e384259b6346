package dev.annulus.data.source;

import dev.annulus.data.document.ByteLines;
import dev.annulus.data.document.Document;
import dev.annulus.data.document.DocumentReader;
import dev.annulus.data.document.JsonLine;
import dev.annulus.data.document.Outcome;
import java.io.IOException;
import java.io.InputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.Path;

/** The lines of JSON that begin in a split. */
final class JsonSplit implements SplitDocuments {
  private final FileSplit split;
  private final ByteLines lines;

  /** Where {@link #lines} began to read. */
  private final long origin;

  private final Compression compression;
  private final int maxBytes;

  /** Lines that begin before it are of this split; 0 when it has ended. */
  private long end;

  private long line;

  /** What ended a compressed file before its end. */
  private IOException damage;

  JsonSplit(FileSplit split, Configuration conf, int maxBytes) throws IOException {
    this.split = split;
    this.maxBytes = maxBytes;
    this.line = split.linesBefore();
    // A line feed right before the split ends a line of the split before, so one begins at start.
    this.origin = Math.max(0, split.start() - 1);
    this.compression = split.file().compression();
    // The length of a compressed file says nothing of its lines.
    this.end = compression == Compression.NONE ? split.end() : Long.MAX_VALUE;
    InputStream opened;
    try {
      opened = compression.open(open(split, origin, conf));
    } catch (IOException e) {
      if (compression == Compression.NONE) {
        throw e;
      }
      opened = InputStream.nullInputStream();
      damage = e;
    }
    this.lines = new ByteLines(opened, maxBytes);
    if (split.start() > 0) {
      boolean beginsHere = skipRestOfLine();
      line += beginsHere ? 0 : 1;
    }
  }

  /** Whether nothing but the line feed before {@code start} was skipped. */
  private boolean skipRestOfLine() throws IOException {
    try {
      lines.next();
      return origin + lines.position() == split.start();
    } catch (IOException e) {
      lines.close();
      throw e;
    }
  }

  @Override
  public Numbered next() throws IOException {
    while (origin + lines.position() < end) {
      byte[] bytes = nextLine();
      if (damage != null) {
        Outcome<Document> outcome = DamagedFile.outcome(split.file().place(), damage);
        end = 0;
        return new Numbered(line + 1, outcome);
      }
      if (bytes == null) {
        return null;
      }
      line++;
      if (lines.wasCut()) {
        return new Numbered(
            line, DocumentSize.tooLarge(split.file().place() + ":" + line, maxBytes));
      }
      byte[] json = line == 1 ? DocumentReader.withoutByteOrderMark(bytes) : bytes;
      if (!JsonLine.isBlank(json)) {
        String place = split.file().place() + ":" + line;
        return new Numbered(line, JsonLine.parse(place, json, split.content()));
      }
    }
    return null;
  }

  private byte[] nextLine() throws IOException {
    if (damage != null) {
      return null;
    }
    try {
      return lines.next();
    } catch (IOException e) {
      if (compression == Compression.NONE) {
        throw e;
      }
      damage = e;
      return null;
    }
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }

  /** Line feeds in a split. */
  static long countLines(FileSplit split, Configuration conf) throws IOException {
    byte[] buffer = new byte[1 << 16];
    long left = split.bytes();
    long count = 0;
    try (InputStream in = open(split, split.start(), conf)) {
      while (left > 0) {
        int read = in.read(buffer, 0, (int) Math.min(left, buffer.length));
        if (read < 0) {
          throw new IOException(split.file().place() + " became shorter while it was read");
        }
        for (int i = 0; i < read; i++) {
          count += buffer[i] == '\n' ? 1 : 0;
        }
        left -= read;
      }
    }
    return count;
  }

  private static InputStream open(FileSplit split, long from, Configuration conf)
      throws IOException {
    Path path = new Path(split.file().uri());
    FSDataInputStream in = path.getFileSystem(conf).open(path);
    try {
      in.seek(from);
      return in;
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }
}
