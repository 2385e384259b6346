package dev.annulus.link.tcp;

import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.frame.FramedTransfer;
import dev.annulus.link.frame.IncomingFrames;
import java.util.concurrent.TimeUnit;

/**
 * What one rank awaits from one peer over one stream, and the connection that brings it once the
 * peer has opened one.
 */
final class TcpSource {
  /** A connection that was opened just before the peer closed may still be on its way. */
  private static final long LAST_CONNECTION_NS = TimeUnit.SECONDS.toNanos(1);

  private final TcpStream stream;
  private final IncomingFrames frames;
  private volatile TcpInbound inbound;
  private boolean neverComes;

  TcpSource(TcpStream stream, IncomingFrames frames) {
    this.stream = stream;
    this.frames = frames;
  }

  /** By the worker. */
  void add(FramedTransfer transfer) {
    frames.add(transfer);
    stream.execute(this::resume);
  }

  boolean isBound() {
    return inbound != null;
  }

  // From here on: called by the loop.

  IncomingFrames frames() {
    return frames;
  }

  /** From now on the peer's connection. */
  void bind(TcpInbound connection) {
    inbound = connection;
  }

  void failAll(Reason reason, String detail, Throwable cause) {
    frames.failAll(reason, detail, cause);
  }

  /** The peer no longer takes what is sent to it. */
  void peerIsGone() {
    if (inbound == null) {
      stream.executeAfter(
          LAST_CONNECTION_NS,
          () -> {
            neverComes = true;
            resume();
          });
    }
  }

  private void resume() {
    if (inbound != null) {
      inbound.resume();
    } else if (neverComes) {
      failAll(Reason.PEER_GONE, "the peer has closed its link or died", null);
    }
  }
}
