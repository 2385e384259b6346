package dev.annulus.ring;

import dev.annulus.device.DevicePoint;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Sends over the link that wait until their rows have come from the device into host memory, while
 * the device computes. Those to one peer leave in the order in which they were named.
 */
final class Outbox {
  /** How long one is waited for before the others are looked at. */
  private static final long SLICE_NS = TimeUnit.MICROSECONDS.toNanos(20);

  private final Deque<Sending>[] waiting;
  private int count;

  @SuppressWarnings({"unchecked", "rawtypes"}) // arrays have no type parameters
  Outbox(int peers) {
    this.waiting = new Deque[peers];
  }

  /**
   * Sends now if it can, else as soon as somebody calls {@link #progress} when it can.
   *
   * @param inHost after which the rows are in host memory
   * @param post hands them to the link
   */
  Pending send(int peer, DevicePoint inHost, Supplier<Pending> post) {
    if (count > 0) {
      progress(peer);
    }
    boolean first = waiting[peer] == null || waiting[peer].isEmpty();
    if (first && inHost.isReached()) {
      return post.get();
    }
    if (waiting[peer] == null) {
      waiting[peer] = new ArrayDeque<>();
    }
    Sending sending = new Sending(peer, inHost, post);
    waiting[peer].add(sending);
    count++;
    return sending;
  }

  /** Hands to the link all that can leave now. */
  void progress() {
    for (int peer = 0; count > 0 && peer < waiting.length; peer++) {
      progress(peer);
    }
  }

  /** How long something may be waited for before {@link #progress} is due. */
  long patienceNs() {
    return count > 0 ? SLICE_NS : Long.MAX_VALUE;
  }

  private void progress(int peer) {
    Deque<Sending> ofPeer = waiting[peer];
    while (ofPeer != null && !ofPeer.isEmpty() && ofPeer.peek().inHost.isReached()) {
      count--;
      ofPeer.remove().leave();
    }
  }

  /** One that was not sent at once. */
  private final class Sending implements Pending {
    private final int peer;
    private final DevicePoint inHost;
    private final Supplier<Pending> post;
    private Pending posted;

    Sending(int peer, DevicePoint inHost, Supplier<Pending> post) {
      this.peer = peer;
      this.inHost = inHost;
      this.post = post;
    }

    void leave() {
      posted = post.get();
    }

    @Override
    public int peer() {
      return peer;
    }

    @Override
    public boolean isOver() {
      if (posted == null) {
        progress(peer);
      }
      return posted != null && posted.isOver();
    }

    @Override
    public long awaitNext(long atMostNs) {
      if (isOver()) {
        return 0;
      }
      if (posted != null) {
        return posted.awaitNext(atMostNs);
      }
      long start = System.nanoTime();
      LockSupport.parkNanos(Math.min(atMostNs, SLICE_NS));
      return System.nanoTime() - start;
    }
  }
}
