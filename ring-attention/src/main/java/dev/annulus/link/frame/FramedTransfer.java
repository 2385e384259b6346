package dev.annulus.link.frame;

import dev.annulus.link.LinkException;
import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.Links;
import dev.annulus.link.MessageTag;
import dev.annulus.link.Transfer;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A message that a worker has handed to its link's threads. They end it, each its part, and the
 * last wakes who waits.
 */
public final class FramedTransfer implements Transfer {
  /** How often a waiting worker asks whether the run was cancelled. */
  private static final long CANCEL_POLL_NS = TimeUnit.MILLISECONDS.toNanos(5);

  /** The link, as a transfer needs it. */
  public interface Owner {
    /** This worker. */
    int rank();

    /** Deadline of every wait. */
    long timeoutNs();

    /** Whether the run was cancelled. */
    boolean cancelled();

    /** Why the transport has stopped by itself; null while it runs. */
    Throwable failure();

    /** For the error of a deadline: what is known of the way to or from a peer. */
    String connection(int peer, boolean sending);

    /**
     * Drops everything under way. Returns when no memory of any transfer is touched any more, as
     * the caller may then free it.
     */
    void abandon();
  }

  private final Owner owner;
  private final boolean sending;
  private final int peer;
  private final MessageTag tag;
  private final MemorySegment bytes;
  private final AtomicInteger partsLeft;
  private volatile boolean done;
  private volatile LinkException failure;
  private volatile Thread waiter;

  /** Nanoseconds that the worker has waited for it until now; the worker's alone. */
  private long waitedNs;

  /**
   * @param parts how many streams carry a part of it
   */
  public FramedTransfer(
      Owner owner, boolean sending, int peer, MessageTag tag, MemorySegment bytes, int parts) {
    this.owner = owner;
    this.sending = sending;
    this.peer = peer;
    this.tag = tag;
    this.bytes = bytes;
    this.partsLeft = new AtomicInteger(parts);
  }

  public MessageTag tag() {
    return tag;
  }

  /** What is sent, or where it is received. */
  public MemorySegment bytes() {
    return bytes;
  }

  /** By a stream: its part has left or arrived. The last one wakes who waits. */
  public void completePart() {
    completePart(() -> {});
  }

  /**
   * As {@link #completePart()}.
   *
   * @param beforeDone run by the last part before anybody can see that the message is done
   */
  void completePart(Runnable beforeDone) {
    if (partsLeft.decrementAndGet() == 0) {
      beforeDone.run();
      done = true;
      LockSupport.unpark(waiter);
    }
  }

  /** By a stream: the message never will leave or arrive. The first reason is the one told. */
  public synchronized void fail(Reason reason, String detail, Throwable cause) {
    if (failure == null) {
      LinkException exception = exception(reason, detail);
      if (cause != null) {
        exception.initCause(cause);
      }
      failure = exception;
    }
    LockSupport.unpark(waiter);
  }

  @Override
  public boolean isDone() {
    return done || failure != null;
  }

  @Override
  public long await() {
    long before = waitedNs;
    await(Long.MAX_VALUE);
    return waitedNs - before;
  }

  @Override
  public boolean await(long atMostNs) {
    if (done) {
      return true;
    }
    long start = System.nanoTime();
    long before = waitedNs;
    waiter = Thread.currentThread();
    LinkException givenUp = null;
    while (!isDone() && givenUp == null && waitedNs - before < atMostNs) {
      long left = owner.timeoutNs() - waitedNs;
      givenUp = reasonToGiveUp(left);
      if (givenUp == null) {
        long slice = Math.min(atMostNs - (waitedNs - before), CANCEL_POLL_NS);
        LockSupport.parkNanos(this, Math.min(left, slice));
        waitedNs = before + System.nanoTime() - start;
      }
    }
    if (done) {
      waitedNs = before + System.nanoTime() - start;
      return true;
    }
    if (failure == null && givenUp == null) {
      return false;
    }
    // What else was under way is dropped first: the caller may free its memory.
    owner.abandon();
    throw failure != null && givenUp == null ? failure : givenUp;
  }

  private LinkException reasonToGiveUp(long leftNs) {
    if (Thread.currentThread().isInterrupted()) {
      return exception(Reason.CANCELLED, "the waiting thread was interrupted");
    }
    if (owner.cancelled()) {
      return exception(Reason.CANCELLED, "the run was cancelled");
    }
    if (owner.failure() != null) {
      return exception(Reason.TRANSPORT, "the transport has stopped: " + owner.failure());
    }
    if (leftNs <= 0) {
      return exception(
          Reason.TIMEOUT,
          Links.silence(sending, bytes.byteSize(), owner.timeoutNs())
              + owner.connection(peer, sending));
    }
    return null;
  }

  private LinkException exception(Reason reason, String detail) {
    return new LinkException(reason, owner.rank(), peer, tag, detail);
  }
}
