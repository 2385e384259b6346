package dev.annulus.trainer.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Passes bytes on and keeps their number and SHA-256, so that no file is read to be described. */
public final class HashingChannel implements WritableByteChannel {
  private final WritableByteChannel target;
  private final MessageDigest digest;
  private long bytes;

  /** Passes on to {@code target}. */
  public HashingChannel(WritableByteChannel target) {
    this.target = target;
    try {
      this.digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    ByteBuffer written = source.duplicate();
    int count = target.write(source);
    digest.update(written.limit(written.position() + count));
    bytes += count;
    return count;
  }

  /** The file that was written through this; asked once, at its end. */
  public Manifest.FileEntry entry(String path) {
    return new Manifest.FileEntry(path, bytes, HexFormat.of().formatHex(digest.digest()));
  }

  @Override
  public boolean isOpen() {
    return target.isOpen();
  }

  @Override
  public void close() throws IOException {
    target.close();
  }
}
