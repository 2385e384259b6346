package dev.annulus.data.source;

import com.github.luben.zstd.ZstdInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.zip.GZIPInputStream;

/** How a file of text or JSON lines is compressed, by its name. Parquet compresses inside. */
enum Compression {
  NONE,
  GZIP,
  ZSTD;

  static Compression of(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return lower.endsWith(".gz") ? GZIP : lower.endsWith(".zst") ? ZSTD : NONE;
  }

  /**
   * The contents of a stream, which is closed with what is returned, and if it fails.
   *
   * @throws IOException if it does not begin as this kind does
   */
  InputStream open(InputStream in) throws IOException {
    try {
      return switch (this) {
        case NONE -> in;
        case GZIP -> new GZIPInputStream(in, 1 << 16);
        case ZSTD -> new ZstdInputStream(in);
      };
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }
}
