package dev.annulus.link.frame;

import dev.annulus.link.MessageTag;

/**
 * How messages are spread over the streams of a pair of ranks: a long message is cut into one run
 * of bytes a stream, in order and of equal length (the last may be shorter); a short one goes whole
 * over stream 0. A hello goes over all, as it opens them. Both sides compute it from the message's
 * length alone.
 *
 * @param streams at least 1
 */
public record Stripes(int streams) {
  /** Streams that a frame can name. */
  public static final int MAX_STREAMS = 64;

  /** Bytes up to which a message is not cut: waking more threads would take longer. */
  public static final long SHORT_MESSAGE = 64 << 10;

  private static final long ALIGNMENT = 64;

  public Stripes {
    if (streams < 1 || streams > MAX_STREAMS) {
      throw new IllegalArgumentException(
          streams + " streams, expected 1 to " + MAX_STREAMS + " of them");
    }
  }

  /** The first byte of the message that stream {@code stream} carries. */
  public long begin(long messageBytes, int stream) {
    return Math.min(stream * share(messageBytes), messageBytes);
  }

  /** The byte behind the last one that stream {@code stream} carries. */
  public long end(long messageBytes, int stream) {
    return begin(messageBytes, stream + 1);
  }

  /** Whether a stream carries a part of a message; an empty part counts where it is the only. */
  public boolean carries(MessageTag tag, long messageBytes, int stream) {
    return stream == 0
        || tag.kind() == MessageTag.Kind.HELLO
        || begin(messageBytes, stream) < messageBytes;
  }

  /** How many streams carry a part. */
  public int parts(MessageTag tag, long messageBytes) {
    int parts = 0;
    for (int stream = 0; stream < streams; stream++) {
      parts += carries(tag, messageBytes, stream) ? 1 : 0;
    }
    return parts;
  }

  private long share(long messageBytes) {
    if (messageBytes <= SHORT_MESSAGE || streams == 1) {
      return messageBytes;
    }
    long even = (messageBytes + streams - 1) / streams;
    return (even + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}
