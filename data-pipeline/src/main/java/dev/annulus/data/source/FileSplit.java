package dev.annulus.data.source;

import dev.annulus.config.SourceSettings.Content;
import dev.annulus.config.SourceSettings.Format;
import java.io.Serializable;

/**
 * A part of a file that one task reads: the lines or row groups that begin in it.
 *
 * @param source number of the source in the configuration
 * @param index number of the file in the source
 * @param file the file
 * @param format of its documents
 * @param content which keys or columns hold them
 * @param start first byte
 * @param end one behind the last byte
 * @param linesBefore line feeds before {@code start}; JSON lines only
 */
public record FileSplit(
    int source,
    int index,
    SourceFile file,
    Format format,
    Content content,
    long start,
    long end,
    long linesBefore)
    implements Serializable {
  /** The same part, its place among the lines known. */
  public FileSplit after(long lines) {
    return new FileSplit(source, index, file, format, content, start, end, lines);
  }

  long bytes() {
    return end - start;
  }
}
