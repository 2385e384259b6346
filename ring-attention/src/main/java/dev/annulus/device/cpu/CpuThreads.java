package dev.annulus.device.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * The threads that one device computes on: the caller's own and helpers that live as long as the
 * device. Work comes cut into parts; who takes a part is left to chance, so what a part computes
 * must depend on its number alone. A cut by shape, never by {@link #count}, gives the same bits on
 * any number of threads.
 *
 * <p>Helpers poll for some microseconds after each job, as the next one of a training step follows
 * at once, and then park. One that gets no core in time misses the job: nobody waits for a thread,
 * only for parts that were begun.
 *
 * <p>One job at a time: the device belongs to one worker thread.
 */
public final class CpuThreads implements AutoCloseable {
  /** Polls before a thread parks: about 50 microseconds, a little more than waking up takes. */
  static final int POLLS = 1500;

  private static final long CLOSE_TIMEOUT_MS = 30_000;

  private final List<Thread> helpers = new ArrayList<>();
  private final AtomicBoolean busy = new AtomicBoolean();
  private volatile CpuJob current;
  private volatile boolean closed;

  /** What a part of a job does. */
  public interface Part {
    /**
     * @param part from 0
     * @param thread which of the device's threads runs it, below {@link #count}: for memory of its
     *     own
     */
    void run(int part, int thread);
  }

  /** What a piece of a long range does. */
  public interface Piece {
    /** Elements or rows {@code from} (inclusive) to {@code to} (exclusive). */
    void run(long from, long to);
  }

  /**
   * @param count threads in all, the caller's included; at least 1
   */
  public CpuThreads(int count) {
    if (count < 1) {
      throw new IllegalArgumentException(count + " threads, expected at least 1");
    }
    for (int thread = 1; thread < count; thread++) {
      int index = thread;
      Thread helper = new Thread(() -> help(index), "annulus-cpu-" + index);
      helper.setDaemon(true);
      helpers.add(helper);
    }
    helpers.forEach(Thread::start);
  }

  /** Threads in all, the caller's included. */
  public int count() {
    return helpers.size() + 1;
  }

  /**
   * Runs all parts and returns when they have run. Parts are begun in the order of their numbers:
   * one may wait for something that an earlier one does. If any fail, the rest still run, and then
   * the failure of the first of them, by number, is thrown here.
   */
  public void run(int parts, Part work) {
    if (parts <= 1 || helpers.isEmpty()) {
      for (int part = 0; part < parts; part++) {
        work.run(part, 0);
      }
      return;
    }
    if (closed) {
      throw new IllegalStateException("the threads of a closed device");
    }
    if (!busy.compareAndSet(false, true)) {
      throw new IllegalStateException(
          "a device computes one thing at a time, for the one thread that it belongs to");
    }
    CpuJob job = new CpuJob(parts, work, Thread.currentThread());
    try {
      current = job;
      helpers.forEach(LockSupport::unpark);
      job.work(0);
      job.awaitEnd();
    } finally {
      current = null;
      busy.set(false);
    }
    job.rethrowFailure();
  }

  /** Runs [0, n) in pieces of {@code size}, the last one shorter; see {@link #run}. */
  public void split(long n, long size, Piece work) {
    int pieces = Math.toIntExact(Math.ceilDiv(n, size));
    run(pieces, (piece, _) -> work.run(piece * size, Math.min(n, (piece + 1) * size)));
  }

  private void help(int thread) {
    CpuJob done = null;
    int polls = 0;
    while (!closed) {
      CpuJob job = current;
      if (job != null && job != done) {
        job.work(thread);
        done = job;
        polls = 0;
      } else if (polls < POLLS) {
        polls++;
        Thread.onSpinWait();
      } else {
        done = null; // what it computed on may be freed while this thread sleeps
        LockSupport.park(this);
        polls = 0;
      }
    }
  }

  /** Ends the helpers, and waits until they have ended. */
  @Override
  public void close() {
    closed = true;
    helpers.forEach(LockSupport::unpark);
    boolean interrupted = false;
    for (Thread helper : helpers) {
      try {
        helper.join(CLOSE_TIMEOUT_MS);
      } catch (InterruptedException e) {
        interrupted = true; // they end by themselves
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
