package dev.annulus.spark.storage;

import dev.annulus.trainer.checkpoint.CheckpointFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.StreamCapabilities;

/**
 * A new file on a file system of Hadoop's. The content is made by the thread that asks for it, and
 * handed on by chunks, each in a call with a deadline.
 */
final class RemoteOutput implements WritableByteChannel {
  private final FSDataOutputStream out;
  private final StorageCalls calls;
  private final String what;

  /** A call that was given up may still read it: then it is not written to again. */
  private final byte[] chunk;

  private int filled;
  private long bytes;
  private boolean open = true;

  private RemoteOutput(FSDataOutputStream out, StorageCalls calls, String what, int chunk) {
    this.out = out;
    this.calls = calls;
    this.what = what;
    this.chunk = new byte[chunk];
  }

  /**
   * Makes a file that is not there, and has the file system keep it.
   *
   * @return its bytes
   */
  static long write(
      FileSystem files, Path file, StorageCalls calls, int chunk, CheckpointFile.Content content)
      throws IOException {
    String what = "writing " + file;
    FSDataOutputStream out = calls.once(what, () -> files.create(file, false));
    RemoteOutput output = new RemoteOutput(out, calls, what, chunk);
    try {
      content.writeTo(output);
      output.finish();
    } catch (IOException | RuntimeException e) {
      output.abandon(e);
      throw e;
    }
    return output.bytes;
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    int all = source.remaining();
    while (source.hasRemaining()) {
      int count = Math.min(source.remaining(), chunk.length - filled);
      source.get(chunk, filled, count);
      filled += count;
      if (filled == chunk.length) {
        send();
      }
    }
    return all;
  }

  private void send() throws IOException {
    int count = filled;
    calls.once(
        what,
        () -> {
          out.write(chunk, 0, count);
          return true;
        });
    bytes += count;
    filled = 0;
  }

  /** An object store gets the whole object with the last call, others have its bytes by then. */
  private void finish() throws IOException {
    send();
    calls.once(
        what,
        () -> {
          if (out.hasCapability(StreamCapabilities.HSYNC)) {
            out.hsync();
          }
          out.close();
          return true;
        });
    open = false;
  }

  /** Lets go of a file that is not to be; an object store is told not to make it. */
  private void abandon(Exception why) {
    open = false;
    try {
      calls.once(
          what,
          () -> {
            try {
              out.abort();
            } catch (UnsupportedOperationException e) {
              out.close();
            }
            return true;
          });
    } catch (IOException | RuntimeException e) {
      why.addSuppressed(e);
    }
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void close() {
    open = false;
  }
}
