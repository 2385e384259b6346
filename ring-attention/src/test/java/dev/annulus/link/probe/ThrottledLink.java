package dev.annulus.link.probe;

import dev.annulus.link.Link;
import dev.annulus.link.LinkCounters;
import dev.annulus.link.MessageTag;
import dev.annulus.link.Transfer;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.locks.LockSupport;

/**
 * A link that takes its time: what is received is there no sooner than so many bytes a second
 * allow, one message after the other.
 *
 * @param link underneath
 * @param bytesPerSecond of receiving
 * @param freeAtNs when the last message is through, one number
 */
record ThrottledLink(Link link, double bytesPerSecond, long[] freeAtNs) implements Link {
  ThrottledLink(Link link, double bytesPerSecond) {
    this(link, bytesPerSecond, new long[] {System.nanoTime()});
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
    return link.send(peer, tag, bytes);
  }

  @Override
  public Transfer receive(int peer, MessageTag tag, MemorySegment bytes) {
    long takesNs = (long) (1e9 * bytes.byteSize() / bytesPerSecond);
    freeAtNs[0] = Math.max(freeAtNs[0], System.nanoTime()) + takesNs;
    return new Late(link.receive(peer, tag, bytes), freeAtNs[0]);
  }

  @Override
  public LinkCounters counters() {
    return link.counters();
  }

  @Override
  public void close() {
    link.close();
  }

  private record Late(Transfer transfer, long fromNs) implements Transfer {
    @Override
    public boolean isDone() {
      return transfer.isDone() && System.nanoTime() - fromNs >= 0;
    }

    @Override
    public long await() {
      long start = System.nanoTime();
      transfer.await();
      for (long left = fromNs - System.nanoTime(); left > 0; left = fromNs - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      return System.nanoTime() - start;
    }

    @Override
    public boolean await(long atMostNs) {
      return transfer.await(atMostNs) && isDone();
    }
  }
}
