package dev.annulus.data.document;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Lines of a stream as bytes, without their LF or CR LF, and where each begins. Used by one thread.
 */
public final class ByteLines implements Closeable {
  private final InputStream in;
  private final int maxBytes;
  private final byte[] buffer = new byte[1 << 16];
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private int next;
  private int filled;
  private long read;

  private boolean cut;

  /** Reads from where the stream stands, and closes it with itself. */
  public ByteLines(InputStream in) {
    this(in, Integer.MAX_VALUE);
  }

  /**
   * Reads from where the stream stands, and closes it with itself.
   *
   * @param maxBytes of a line; more is read and not kept
   */
  public ByteLines(InputStream in, int maxBytes) {
    this.in = in;
    this.maxBytes = maxBytes;
  }

  /** Whether the last line was longer than may be, and is not whole. */
  public boolean wasCut() {
    return cut;
  }

  /** Bytes from where the stream stood to the beginning of the next line. */
  public long position() {
    return read - (filled - next);
  }

  /** The next line, or null at the end. */
  public byte[] next() throws IOException {
    line.reset();
    cut = false;
    boolean begun = false;
    while (true) {
      if (next == filled) {
        filled = Math.max(0, in.read(buffer));
        next = 0;
        read += filled;
        if (filled == 0) {
          return begun ? line() : null;
        }
      }
      begun = true;
      int end = next;
      while (end < filled && buffer[end] != '\n') {
        end++;
      }
      int kept = Math.min(end - next, maxBytes - line.size());
      line.write(buffer, next, kept);
      cut |= kept < end - next;
      next = end;
      if (end < filled) {
        next++;
        return line();
      }
    }
  }

  private byte[] line() {
    byte[] bytes = line.toByteArray();
    int length = bytes.length;
    return length > 0 && bytes[length - 1] == '\r' ? Arrays.copyOf(bytes, length - 1) : bytes;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
