package dev.annulus.data.read;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;

/**
 * Reads what is wanted next while the caller works with what it has. Values come in order, and a
 * failure comes where its value would have come. Only its own thread reads; made, asked and closed
 * by one other.
 *
 * @param <T> what is read
 */
public final class ReadAhead<T> implements AutoCloseable {
  private static final long POLL_MS = 50;

  /** A value, or why there is none. */
  private record Read<T>(T value, Throwable failure) {}

  private final String what;
  private final LongFunction<T> reader;
  private final Duration deadline;
  private final LongSupplier nanoClock;
  private final BlockingQueue<Read<T>> read;
  private final Thread thread;
  private volatile boolean closed;
  private long next;
  private long stalledNs;

  /**
   * Begins to read.
   *
   * @param what is read, for messages
   * @param reader reads a value by its number
   * @param first number
   * @param last number; nothing is read behind it
   * @param depth how many values may wait, at least 1
   * @param deadline of a wait for one
   */
  public ReadAhead(
      String what,
      LongFunction<T> reader,
      long first,
      long last,
      int depth,
      Duration deadline,
      LongSupplier nanoClock) {
    this.what = what;
    this.reader = reader;
    this.deadline = deadline;
    this.nanoClock = nanoClock;
    this.read = new ArrayBlockingQueue<>(depth);
    this.next = first;
    this.thread =
        Thread.ofPlatform().daemon().name("read ahead: " + what).unstarted(() -> run(first, last));
    thread.start();
  }

  /**
   * The next value.
   *
   * @throws RuntimeException what the reader has thrown for it
   * @throws IllegalStateException if it does not come in time
   */
  public T next() {
    long began = nanoClock.getAsLong();
    Read<T> one;
    try {
      one = read.poll(deadline.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for " + what + " " + next, e);
    }
    stalledNs += nanoClock.getAsLong() - began;
    if (one == null) {
      throw new IllegalStateException(
          "%s %d was not read within %d s".formatted(what, next, deadline.toSeconds()));
    }
    next++;
    return switch (one.failure()) {
      case null -> one.value();
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException("reading " + what, e);
    };
  }

  /** Time that {@link #next} has waited so far, in nanoseconds. */
  public long stalledNs() {
    return stalledNs;
  }

  /** Ends the reading, and waits until nothing is read any more. */
  @Override
  public void close() {
    closed = true;
    try {
      if (!thread.join(deadline)) {
        throw new IllegalStateException(
            "reading %s did not end within %d s".formatted(what, deadline.toSeconds()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run(long first, long last) {
    for (long number = first; number <= last && !closed; number++) {
      Read<T> one;
      try {
        one = new Read<>(reader.apply(number), null);
      } catch (RuntimeException | Error e) {
        one = new Read<>(null, e);
      }
      if (!put(one) || one.failure() != null) {
        return;
      }
    }
  }

  /** False where nobody wants it any more. */
  private boolean put(Read<T> one) {
    try {
      while (!closed) {
        if (read.offer(one, POLL_MS, TimeUnit.MILLISECONDS)) {
          return true;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return false;
  }
}
