package dev.annulus.data.source;

import java.util.Locale;

/**
 * One source as it was when it was read.
 *
 * @param path as configured
 * @param format as configured
 * @param content which keys or columns hold a document
 * @param files how many it had
 * @param bytes their sizes together
 * @param sha256 over path, size and time of change of every file in order, in hex
 */
public record SourceFingerprint(
    String path, String format, String content, int files, long bytes, String sha256) {
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%s (%s %s, %,d files, %,d bytes, %.8s)",
        path,
        format,
        content,
        files,
        bytes,
        sha256);
  }
}
