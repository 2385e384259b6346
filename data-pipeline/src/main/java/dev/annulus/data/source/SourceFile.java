package dev.annulus.data.source;

import java.io.Serializable;

/**
 * One file of a source.
 *
 * @param uri with its scheme
 * @param bytes its size
 * @param modifiedMs when it was last changed, in milliseconds since 1970
 */
public record SourceFile(String uri, long bytes, long modifiedMs) implements Serializable {
  Compression compression() {
    return Compression.of(uri);
  }

  /** For messages: a local path as people write it, else the URI. */
  public String place() {
    return uri.startsWith("file:/") ? uri.substring("file:".length()) : uri;
  }
}
