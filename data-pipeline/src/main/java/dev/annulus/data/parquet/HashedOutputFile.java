package dev.annulus.data.parquet;

import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;

/** A new file whose SHA-256 is taken as it is written, and which the disk has kept when closed. */
final class HashedOutputFile implements OutputFile {
  private final FileSystem fileSystem;
  private final Path path;
  private final MessageDigest digest;
  private long bytes;

  HashedOutputFile(FileSystem fileSystem, Path path) {
    this.fileSystem = fileSystem;
    this.path = path;
    try {
      this.digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  /** In hex, once, after the file is closed. */
  String sha256() {
    return HexFormat.of().formatHex(digest.digest());
  }

  long bytes() {
    return bytes;
  }

  @Override
  public PositionOutputStream create(long blockSizeHint) throws IOException {
    FSDataOutputStream out = fileSystem.create(path, false);
    return new PositionOutputStream() {
      @Override
      public long getPos() {
        return bytes;
      }

      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] b, int offset, int length) throws IOException {
        try {
          out.write(b, offset, length);
        } catch (FSError e) {
          throw failure(e);
        }
        digest.update(b, offset, length);
        bytes += length;
      }

      @Override
      public void flush() throws IOException {
        try {
          out.flush();
        } catch (FSError e) {
          throw failure(e);
        }
      }

      @Override
      public void close() throws IOException {
        try (out) {
          out.hsync();
        } catch (FSError e) {
          throw failure(e);
        }
      }
    };
  }

  /** Hadoop's local file system makes an error of the JVM out of a disk that is full. */
  private static IOException failure(FSError e) {
    return e.getCause() instanceof IOException cause ? cause : new IOException(e);
  }

  @Override
  public PositionOutputStream createOrOverwrite(long blockSizeHint) throws IOException {
    return create(blockSizeHint);
  }

  @Override
  public boolean supportsBlockSize() {
    return false;
  }

  @Override
  public long defaultBlockSize() {
    return 0;
  }

  @Override
  public String getPath() {
    return path.toString();
  }
}
