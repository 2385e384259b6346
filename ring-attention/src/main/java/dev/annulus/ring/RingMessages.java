package dev.annulus.ring;

import dev.annulus.device.Device;
import dev.annulus.device.DevicePoint;
import dev.annulus.link.Link;
import dev.annulus.link.MessageTag;
import dev.annulus.link.MessageTag.Kind;
import dev.annulus.link.Transfer;
import java.lang.foreign.MemorySegment;

/**
 * Sends and receives rows of blocks: each range is one message for the keys and one for the values,
 * straight from and to where the block lies. Messages between two ranks are numbered, alike at both
 * ends since both name them in one order. Peers that copy from each other get notices instead.
 */
final class RingMessages {
  /** What the two matrices of a block are. */
  enum Content {
    KEYS_AND_VALUES(Kind.KEYS, Kind.VALUES),
    GRADIENTS(Kind.KEY_GRADIENTS, Kind.VALUE_GRADIENTS);

    private final Kind first;
    private final Kind second;

    Content(Kind first, Kind second) {
      this.first = first;
      this.second = second;
    }
  }

  /** Names one message of a link. */
  private interface Post {
    Transfer post(int peer, MessageTag tag, MemorySegment bytes);
  }

  private final Device device;
  private final Link link;
  private final RingMeter meter;
  private final PeerExchange peers;
  private final Outbox outbox;
  private final long[] sent;
  private final long[] received;

  RingMessages(Device device, Link link, RingMeter meter, PeerExchange peers) {
    this.peers = peers;
    this.device = device;
    this.link = link;
    this.meter = meter;
    this.outbox = new Outbox(link.size());
    this.sent = new long[link.size()];
    this.received = new long[link.size()];
  }

  /** Whether blocks to and from a peer are copied, and need no host memory. */
  boolean copies(int peer) {
    return peers.copies(peer);
  }

  /**
   * Does what can be done now for peers that copy and for those that do not; see {@link Outbox}.
   */
  void progress() {
    peers.progress();
    outbox.progress();
  }

  /** How long one transfer may be waited for before {@link #progress} is due. */
  long patienceNs() {
    return Math.min(peers.patienceNs(), outbox.patienceNs());
  }

  /** What must be over before a pass begins, or null. */
  Pending greeting(RingSchedule schedule, long step) {
    return peers.greet(schedule, step);
  }

  /** What is under way behind a pass whose shipments are over, or null. */
  Pending underWay() {
    return peers.underWay();
  }

  /**
   * Starts to send rows that operations of this rank wrote, or write in what is queued; unless the
   * peer copies they must be on their way to host memory. They stay as they are until it is over.
   *
   * @param step the optimiser step, for errors that name it
   */
  Pending send(long step, Content content, Shipment shipment, Block block) {
    if (shipment.isEmpty()) {
      return Pending.NOTHING;
    }
    int peer = shipment.to();
    meter.sent(peer, 2 * shipment.rows().rows() * block.rowBytes());
    return copies(peer)
        ? peers.send(step, content, shipment, block, device.point())
        : sendByLink(step, content, shipment, block, device.downloads());
  }

  /**
   * Starts to pass rows on that have arrived.
   *
   * @param from from whom
   */
  Pending passOn(long step, Content content, Shipment shipment, Block block, int from) {
    if (shipment.isEmpty()) {
      return Pending.NOTHING;
    }
    int peer = shipment.to();
    meter.sent(peer, 2 * shipment.rows().rows() * block.rowBytes());
    if (copies(peer)) {
      return peers.send(step, content, shipment, block, peers.copied());
    }
    if (!copies(from)) {
      return sendByLink(step, content, shipment, block, DevicePoint.NOW); // they lie there
    }
    block.toHost(shipment.rows(), device); // they came past it
    return sendByLink(step, content, shipment, block, device.downloads());
  }

  private Pending sendByLink(
      long step, Content content, Shipment shipment, Block block, DevicePoint inHost) {
    int peer = shipment.to();
    return outbox.send(
        peer, inHost, () -> post(link::send, step, content, shipment, peer, sent, block, () -> {}));
  }

  /** Starts to receive; once it is over, the rows are in the block. */
  Pending receive(long step, Content content, Shipment shipment, Block block) {
    if (shipment.isEmpty()) {
      return Pending.NOTHING;
    }
    if (copies(shipment.from())) {
      return peers.receive(step, content, shipment, block, device.point());
    }
    device.awaitUploads(); // of what came into this mirror before
    DevicePoint free = device.point();
    Runnable arrived = () -> block.fromHost(shipment.rows(), device, free);
    return post(link::receive, step, content, shipment, shipment.from(), received, block, arrived);
  }

  private static Pending post(
      Post post,
      long step,
      Content content,
      Shipment shipment,
      int peer,
      long[] counts,
      Block block,
      Runnable then) {
    RowRanges rows = shipment.rows();
    Transfer[] transfers = new Transfer[shipment.messages()];
    for (int i = 0; i < rows.ranges(); i++) {
      MemorySegment first = block.host(block.hostK(), rows.start(i), rows.end(i));
      MemorySegment second = block.host(block.hostV(), rows.start(i), rows.end(i));
      long number = counts[peer]++;
      int owner = shipment.owner();
      transfers[2 * i] = post.post(peer, new MessageTag(content.first, step, number, owner), first);
      transfers[2 * i + 1] =
          post.post(peer, new MessageTag(content.second, step, number, owner), second);
    }
    return new LinkPending(peer, transfers, then);
  }
}
