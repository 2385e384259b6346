package dev.annulus.link.frame;

import dev.annulus.link.LinkException;

/**
 * One of the streams that a link's messages are striped over, with a thread of its own. What is
 * added is carried out in order, peer by peer and direction by direction.
 */
public interface FrameStream {
  /** By the worker: a message to a peer, of which this stream carries a part. */
  void send(int peer, FramedTransfer transfer);

  /** By the worker: a message from a peer, of which this stream carries a part. */
  void receive(int peer, FramedTransfer transfer);

  /** For errors: whether the way to or from a peer was ever open. */
  boolean isConnected(int peer, boolean sending);

  /** For errors: the way to a peer. */
  String channel(int peer);

  /** Why it has stopped by itself; null while it runs. */
  Throwable failure();

  /**
   * By the worker: drops everything under way with {@link LinkException.Reason#CANCELLED} and lets
   * peers notice. Returns when no memory of a transfer is touched any more.
   */
  void close();
}
