package dev.annulus.trainer.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * A file that is to lie in a checkpoint.
 *
 * @param path relative to the checkpoint, with '/'
 * @param content writes its bytes, the same whenever it is asked: a store that could not write them
 *     may try again; by the thread that uses the store
 */
public record CheckpointFile(String path, Content content) {
  /** Writes the content of a file. */
  @FunctionalInterface
  public interface Content {
    void writeTo(WritableByteChannel channel) throws IOException;
  }

  /** A small file. */
  public static CheckpointFile of(String path, byte[] bytes) {
    return new CheckpointFile(
        path,
        channel -> {
          ByteBuffer rest = ByteBuffer.wrap(bytes);
          while (rest.hasRemaining()) {
            channel.write(rest);
          }
        });
  }
}
