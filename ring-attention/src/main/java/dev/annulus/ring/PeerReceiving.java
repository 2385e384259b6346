package dev.annulus.ring;

import dev.annulus.device.DevicePoint;
import dev.annulus.device.PeerAccess;
import dev.annulus.device.PeerAccess.Piece;
import dev.annulus.device.Tensor;
import dev.annulus.ring.RingMessages.Content;
import java.util.ArrayList;
import java.util.List;

/** Rows that are copied from a peer: over when the copies are queued. */
final class PeerReceiving implements Pending {
  private final PeerLine line;
  private final Content content;
  private final long number;
  private final Shipment shipment;
  private final Block block;
  private final DevicePoint free;
  private PeerNotice ready;
  private DevicePoint copied;

  PeerReceiving(
      PeerLine line,
      Content content,
      long number,
      Shipment shipment,
      Block block,
      DevicePoint free) {
    this.line = line;
    this.content = content;
    this.number = number;
    this.shipment = shipment;
    this.block = block;
    this.free = free;
  }

  /** Whether a notice is about these rows. */
  boolean isOf(PeerNotice notice) {
    return notice.isAbout(
        content, number, shipment.owner(), shipment.rows().rows(), block.rowBytes());
  }

  /** Queues the copies; false if the memory is no more. */
  boolean copy(PeerNotice notice, PeerAccess access) {
    List<Piece> pieces = new ArrayList<>();
    RowRanges rows = shipment.rows();
    for (int i = 0; i < rows.ranges(); i++) {
      long offset = rows.start(i) * block.rowBytes();
      pieces.add(piece(notice.keysAt() + offset, block.k(), rows, i));
      pieces.add(piece(notice.valuesAt() + offset, block.v(), rows, i));
    }
    if (!access.pull(notice.handle(), pieces, free)) {
      return false;
    }
    ready = notice;
    copied = access.copied();
    return true;
  }

  private static Piece piece(long offset, Tensor matrix, RowRanges rows, int range) {
    return new Piece(offset, matrix.rows(rows.start(range), rows.end(range)));
  }

  /** What the peer said; null until then. */
  PeerNotice ready() {
    return ready;
  }

  /** Whether the copies are done, once they are queued. */
  boolean isCopied() {
    return copied.isReached();
  }

  String describe() {
    return new PeerNotice(
            PeerNotice.Subject.READY,
            content,
            number,
            shipment.owner(),
            shipment.rows().rows(),
            block.rowBytes(),
            new byte[PeerAccess.HANDLE_BYTES],
            0,
            0)
        .describe();
  }

  @Override
  public int peer() {
    return line.peer();
  }

  @Override
  public boolean isOver() {
    if (ready == null) {
      line.progress();
    }
    return ready != null;
  }

  @Override
  public long awaitNext(long atMostNs) {
    return PeerExchange.awaitLine(line, atMostNs);
  }
}
