package dev.annulus.device.cpu;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** One job of {@link CpuThreads}: parts that any thread may take, and the first failure. */
final class CpuJob {
  private final int parts;
  private final CpuThreads.Part work;
  private final Thread caller;
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicInteger left;
  private int failedPart = Integer.MAX_VALUE;
  private Throwable failure;

  CpuJob(int parts, CpuThreads.Part work, Thread caller) {
    this.parts = parts;
    this.work = work;
    this.caller = caller;
    this.left = new AtomicInteger(parts);
  }

  /** Takes parts until there are none. */
  void work(int thread) {
    for (int part = next.getAndIncrement(); part < parts; part = next.getAndIncrement()) {
      try {
        work.run(part, thread);
      } catch (Throwable e) {
        fail(part, e);
      } finally {
        if (left.decrementAndGet() == 0) {
          LockSupport.unpark(caller);
        }
      }
    }
  }

  private synchronized void fail(int part, Throwable e) {
    if (part < failedPart) {
      failedPart = part;
      failure = e;
    }
  }

  /**
   * The caller's wait for the parts that others took. It has no deadline, as it is for arithmetic
   * that is under way, not for somebody; and it must not end early: the parts write to the caller's
   * memory.
   */
  void awaitEnd() {
    boolean interrupted = false;
    for (int polls = 0; left.get() > 0; polls++) {
      if (polls < CpuThreads.POLLS) {
        Thread.onSpinWait();
      } else {
        LockSupport.park(this);
        interrupted |= Thread.interrupted();
      }
    }
    if (interrupted) {
      caller.interrupt();
    }
  }

  /** After the end: throws what the first part that failed threw, if any did. */
  synchronized void rethrowFailure() {
    switch (failure) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException("part " + failedPart + " failed", failure);
    }
  }
}
