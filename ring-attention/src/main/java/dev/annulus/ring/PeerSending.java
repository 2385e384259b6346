package dev.annulus.ring;

import dev.annulus.device.DevicePoint;

/** Rows that a peer copies: over when it has. */
final class PeerSending implements Pending {
  private final PeerLine line;
  private final PeerNotice ready;
  private final DevicePoint written;
  private boolean over;

  PeerSending(PeerLine line, PeerNotice ready, DevicePoint written) {
    this.line = line;
    this.ready = ready;
    this.written = written;
  }

  PeerNotice ready() {
    return ready;
  }

  boolean isWritten() {
    return written.isReached();
  }

  void taken() {
    over = true;
  }

  @Override
  public int peer() {
    return line.peer();
  }

  @Override
  public boolean isOver() {
    if (!over) {
      line.progress();
    }
    return over;
  }

  @Override
  public long awaitNext(long atMostNs) {
    return PeerExchange.awaitLine(line, atMostNs);
  }
}
