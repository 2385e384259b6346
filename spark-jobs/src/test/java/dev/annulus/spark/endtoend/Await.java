package dev.annulus.spark.endtoend;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waiting for what other processes do, with a deadline that tells what was waited for. */
final class Await {
  private static final long LOOK_NS = Duration.ofMillis(5).toNanos();

  private Await() {}

  /**
   * Returns when it holds.
   *
   * @param otherwise what to tell if it does not in time
   * @return nanoseconds that it took
   */
  static long until(
      String what, Duration deadline, BooleanSupplier holds, Supplier<String> otherwise) {
    long start = System.nanoTime();
    while (!holds.getAsBoolean()) {
      if (Thread.currentThread().isInterrupted()) {
        throw new AssertionError("interrupted while waiting for " + what);
      }
      if (System.nanoTime() - start > deadline.toNanos()) {
        throw new AssertionError(
            what + ": not within " + deadline.toSeconds() + " s\n" + otherwise.get());
      }
      LockSupport.parkNanos(LOOK_NS);
    }
    return System.nanoTime() - start;
  }
}
