package dev.annulus.link.aeron;

import dev.annulus.link.LinkException;
import dev.annulus.link.LinkException.Reason;
import dev.annulus.link.Links;
import dev.annulus.link.MessageTag;
import dev.annulus.link.Transfer;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A message that a worker has handed to the agent. The agent ends it, and wakes who waits. */
final class AeronTransfer implements Transfer {
  /** How often a waiting worker asks whether the run was cancelled. */
  private static final long CANCEL_POLL_NS = TimeUnit.MILLISECONDS.toNanos(5);

  private final AeronLink link;
  private final boolean sending;
  private final int peer;
  private final MessageTag tag;
  private final MemorySegment bytes;
  private volatile boolean done;
  private volatile LinkException failure;
  private volatile Thread waiter;

  AeronTransfer(AeronLink link, boolean sending, int peer, MessageTag tag, MemorySegment bytes) {
    this.link = link;
    this.sending = sending;
    this.peer = peer;
    this.tag = tag;
    this.bytes = bytes;
  }

  MessageTag tag() {
    return tag;
  }

  MemorySegment bytes() {
    return bytes;
  }

  /** By the agent: the message has left or arrived. */
  void complete() {
    done = true;
    LockSupport.unpark(waiter);
  }

  /** By the agent: it never will. */
  void fail(Reason reason, String detail, Throwable cause) {
    LinkException exception = new LinkException(reason, link.rank(), peer, tag, detail);
    if (cause != null) {
      exception.initCause(cause);
    }
    failure = exception;
    LockSupport.unpark(waiter);
  }

  @Override
  public boolean isDone() {
    return done || failure != null;
  }

  @Override
  public long await() {
    if (done) {
      return 0;
    }
    long start = System.nanoTime();
    waiter = Thread.currentThread();
    LinkException givenUp = null;
    while (!isDone() && givenUp == null) {
      long left = link.timeoutNs() - (System.nanoTime() - start);
      givenUp = reasonToGiveUp(left);
      if (givenUp == null) {
        LockSupport.parkNanos(this, Math.min(left, CANCEL_POLL_NS));
      }
    }
    if (done) {
      return System.nanoTime() - start;
    }
    // What else was under way is dropped first: the caller may free its memory.
    link.abandon();
    throw failure != null && givenUp == null ? failure : givenUp;
  }

  private LinkException reasonToGiveUp(long leftNs) {
    if (Thread.currentThread().isInterrupted()) {
      return exception(Reason.CANCELLED, "the waiting thread was interrupted");
    }
    if (link.cancelled()) {
      return exception(Reason.CANCELLED, "the run was cancelled");
    }
    if (link.runtimeFailure() != null) {
      return exception(Reason.TRANSPORT, "Aeron has stopped: " + link.runtimeFailure());
    }
    if (leftNs <= 0) {
      return exception(
          Reason.TIMEOUT,
          Links.silence(sending, bytes.byteSize(), link.timeoutNs())
              + link.connection(peer, sending));
    }
    return null;
  }

  private LinkException exception(Reason reason, String detail) {
    return new LinkException(reason, link.rank(), peer, tag, detail);
  }
}
