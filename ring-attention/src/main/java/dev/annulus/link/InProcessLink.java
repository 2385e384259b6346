package dev.annulus.link;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/** One worker's end of an {@link InProcessNetwork}. */
final class InProcessLink implements Link {
  private final int rank;
  private final int size;

  /** By sender, then receiver; shared by all links of the network. */
  private final Mailbox[][] mailboxes;

  private final long timeoutNs;
  private final BooleanSupplier cancelled;

  // Written by the end that copies, which may be the peer.
  private final AtomicLong bytesSent = new AtomicLong();
  private final AtomicLong bytesReceived = new AtomicLong();
  private final AtomicLong messagesSent = new AtomicLong();

  InProcessLink(
      int rank, int size, Mailbox[][] mailboxes, long timeoutNs, BooleanSupplier cancelled) {
    this.rank = rank;
    this.size = size;
    this.mailboxes = mailboxes;
    this.timeoutNs = timeoutNs;
    this.cancelled = cancelled;
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public Transfer send(int peer, MessageTag tag, MemorySegment bytes) {
    Links.checkPeer(this, peer);
    return mailboxes[rank][peer].post(true, tag, bytes);
  }

  @Override
  public Transfer receive(int peer, MessageTag tag, MemorySegment bytes) {
    Links.checkPeer(this, peer);
    return mailboxes[peer][rank].post(false, tag, bytes);
  }

  @Override
  public LinkCounters counters() {
    return new LinkCounters(bytesSent.get(), bytesReceived.get(), messagesSent.get());
  }

  /** Also what a failed wait does: whoever waits for this end then learns of it at once. */
  @Override
  public void close() {
    for (int peer = 0; peer < size; peer++) {
      if (peer != rank) {
        mailboxes[rank][peer].close(true);
        mailboxes[peer][rank].close(false);
      }
    }
  }

  long timeoutNs() {
    return timeoutNs;
  }

  boolean cancelled() {
    return cancelled.getAsBoolean();
  }

  void countSent(long bytes) {
    bytesSent.addAndGet(bytes);
    messagesSent.incrementAndGet();
  }

  void countReceived(long bytes) {
    bytesReceived.addAndGet(bytes);
  }
}
