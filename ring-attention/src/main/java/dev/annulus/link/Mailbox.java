package dev.annulus.link;

import dev.annulus.link.LinkException.Reason;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The messages from one worker of a process to another. Each end queues what it has named; where
 * both queues have a head, the two must agree and the bytes are copied. The copy is made under the
 * lock, so that memory of an end that has closed is never touched again.
 */
final class Mailbox {
  /** How often a waiting end asks whether the run was cancelled. */
  private static final long CANCEL_POLL_NS = TimeUnit.MILLISECONDS.toNanos(5);

  private final InProcessLink sender;
  private final InProcessLink receiver;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Posted> sends = new ArrayDeque<>();
  private final ArrayDeque<Posted> receives = new ArrayDeque<>();
  private boolean senderClosed;
  private boolean receiverClosed;

  Mailbox(InProcessLink sender, InProcessLink receiver) {
    this.sender = sender;
    this.receiver = receiver;
  }

  Transfer post(boolean sending, MessageTag tag, MemorySegment bytes) {
    Links.checkMemory(tag, bytes);
    Posted posted = new Posted(sending, tag, bytes);
    lock.lock();
    try {
      if (sending ? senderClosed : receiverClosed) {
        throw new IllegalStateException("rank " + posted.rank() + " has closed its link: " + tag);
      }
      (sending ? sends : receives).add(posted);
      match();
    } finally {
      lock.unlock();
    }
    return posted;
  }

  void close(boolean sending) {
    lock.lock();
    try {
      if (sending) {
        senderClosed = true;
        drop(sends);
      } else {
        receiverClosed = true;
        drop(receives);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private static void drop(ArrayDeque<Posted> queue) {
    for (Iterator<Posted> iterator = queue.iterator(); iterator.hasNext(); iterator.remove()) {
      iterator.next().fail(Reason.CANCELLED, "this link was closed");
    }
  }

  private void match() {
    while (!sends.isEmpty() && !receives.isEmpty()) {
      Posted sent = sends.remove();
      Posted awaited = receives.remove();
      long length = sent.bytes.byteSize();
      if (!sent.tag.equals(awaited.tag) || length != awaited.bytes.byteSize()) {
        String difference = Links.mismatch(awaited.tag, awaited.bytes.byteSize(), sent.tag, length);
        sent.fail(Reason.PROTOCOL, difference);
        awaited.fail(Reason.PROTOCOL, difference);
      } else {
        MemorySegment.copy(sent.bytes, 0, awaited.bytes, 0, length);
        sent.done = true;
        awaited.done = true;
        sender.countSent(length);
        receiver.countReceived(length);
      }
      changed.signalAll();
    }
  }

  /**
   * A message that one end has named. State is guarded by the lock; {@code done} is also read
   * without it.
   */
  private final class Posted implements Transfer {
    private final boolean sending;
    private final MessageTag tag;
    private final MemorySegment bytes;
    private volatile boolean done;
    private volatile LinkException failure;

    /** Nanoseconds that its end has waited for it until now. */
    private long waitedNs;

    Posted(boolean sending, MessageTag tag, MemorySegment bytes) {
      this.sending = sending;
      this.tag = tag;
      this.bytes = bytes;
    }

    int rank() {
      return (sending ? sender : receiver).rank();
    }

    void fail(Reason reason, String detail) {
      int peer = (sending ? receiver : sender).rank();
      failure = new LinkException(reason, rank(), peer, tag, detail);
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
      lock.lock();
      try {
        awaitLocked(atMostNs);
      } finally {
        lock.unlock();
      }
      if (failure != null) {
        // Outside the lock: closing takes the locks of all mailboxes of this link, one by one.
        (sending ? sender : receiver).close();
        throw failure;
      }
      return done;
    }

    private void awaitLocked(long atMostNs) {
      InProcessLink own = sending ? sender : receiver;
      long start = System.nanoTime();
      long before = waitedNs;
      try {
        while (!isDone() && waitedNs - before < atMostNs) {
          long left = own.timeoutNs() - waitedNs;
          if (sending ? receiverClosed : senderClosed) {
            giveUp(Reason.PEER_GONE, "the peer has closed its link");
          } else if (own.cancelled()) {
            giveUp(Reason.CANCELLED, "the run was cancelled");
          } else if (left <= 0) {
            giveUp(Reason.TIMEOUT, Links.silence(sending, bytes.byteSize(), own.timeoutNs()));
          } else {
            long slice = Math.min(atMostNs - (waitedNs - before), CANCEL_POLL_NS);
            changed.awaitNanos(Math.min(left, slice));
            waitedNs = before + System.nanoTime() - start;
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        giveUp(Reason.CANCELLED, "the waiting thread was interrupted");
      }
    }

    private void giveUp(Reason reason, String detail) {
      if (!isDone()) {
        (sending ? sends : receives).remove(this);
        fail(reason, detail);
      }
    }
  }
}
