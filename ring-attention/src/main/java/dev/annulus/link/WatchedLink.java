package dev.annulus.link;

import dev.annulus.link.MessageTag.Kind;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A link that others may look at while its worker uses it: whom the worker waits for now, how long
 * it has waited for blocks of the ring, and how many of their bytes went by. It changes nothing of
 * what the link below does; looking is allowed from any thread.
 */
public final class WatchedLink implements Link {
  private static final Set<Kind> OF_THE_RING =
      EnumSet.of(Kind.KEYS, Kind.VALUES, Kind.KEY_GRADIENTS, Kind.VALUE_GRADIENTS);

  /**
   * What a worker waits for.
   *
   * @param peer whose part it is
   * @param tag of the message
   * @param sending whether the peer has not taken it yet, rather than not sent it
   * @param sinceNs by {@link System#nanoTime}
   */
  public record Wait(int peer, MessageTag tag, boolean sending, long sinceNs) {}

  private final Link link;
  private final AtomicLong ringBytesSent = new AtomicLong();
  private final AtomicLong ringBytesReceived = new AtomicLong();
  private final AtomicLong ringWaitedNs = new AtomicLong();
  private volatile Wait waiting;

  public WatchedLink(Link link) {
    this.link = link;
  }

  /** What the worker waits for now; empty while it computes. */
  public Optional<Wait> waiting() {
    return Optional.ofNullable(waiting);
  }

  /** Bytes of keys, values and their gradients that this worker began to send. */
  public long ringBytesSent() {
    return ringBytesSent.get();
  }

  /** The same that it began to receive. */
  public long ringBytesReceived() {
    return ringBytesReceived.get();
  }

  /** Time that the worker has waited for blocks of the ring. */
  public long ringWaitedNs() {
    return ringWaitedNs.get();
  }

  @Override
  public int rank() {
    return link.rank();
  }

  @Override
  public int size() {
    return link.size();
  }

  @Override
  public Transfer send(int peer, MessageTag tag, MemorySegment bytes) {
    if (OF_THE_RING.contains(tag.kind())) {
      ringBytesSent.addAndGet(bytes.byteSize());
    }
    return new Watched(link.send(peer, tag, bytes), peer, tag, true);
  }

  @Override
  public Transfer receive(int peer, MessageTag tag, MemorySegment bytes) {
    if (OF_THE_RING.contains(tag.kind())) {
      ringBytesReceived.addAndGet(bytes.byteSize());
    }
    return new Watched(link.receive(peer, tag, bytes), peer, tag, false);
  }

  @Override
  public LinkCounters counters() {
    return link.counters();
  }

  @Override
  public void close() {
    link.close();
  }

  private final class Watched implements Transfer {
    private final Transfer transfer;
    private final int peer;
    private final MessageTag tag;
    private final boolean sending;

    /** Since when the worker waits for it, also where it waits a little at a time. */
    private Wait wait;

    Watched(Transfer transfer, int peer, MessageTag tag, boolean sending) {
      this.transfer = transfer;
      this.peer = peer;
      this.tag = tag;
      this.sending = sending;
    }

    @Override
    public boolean isDone() {
      return transfer.isDone();
    }

    @Override
    public long await() {
      if (transfer.isDone()) {
        return transfer.await(); // does not wait; says if it failed
      }
      long begun = begin();
      try {
        return transfer.await();
      } finally {
        end(begun);
      }
    }

    @Override
    public boolean await(long atMostNs) {
      if (transfer.isDone()) {
        return transfer.await(atMostNs);
      }
      long begun = begin();
      try {
        return transfer.await(atMostNs);
      } finally {
        end(begun);
      }
    }

    private long begin() {
      long now = System.nanoTime();
      if (wait == null) {
        wait = new Wait(peer, tag, sending, now);
      }
      waiting = wait;
      return now;
    }

    private void end(long begun) {
      waiting = null;
      if (OF_THE_RING.contains(tag.kind())) {
        ringWaitedNs.addAndGet(System.nanoTime() - begun);
      }
    }
  }
}
