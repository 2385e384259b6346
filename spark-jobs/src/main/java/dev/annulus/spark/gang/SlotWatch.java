package dev.annulus.spark.gang;

import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Says when the workers of a run do not start, and ends the wait when it has been long enough:
 * Spark itself waits for a lost host without a word and without an end.
 */
final class SlotWatch {
  /** A JVM of an executor takes seconds to start. */
  static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(20);

  static final long REPEAT_NS = TimeUnit.SECONDS.toNanos(60);

  private final int world;
  private final long deadlineNs;
  private final IntSupplier running;
  private final Supplier<String> cluster;
  private final LongSupplier nanoClock;
  private final Consumer<String> warn;
  private final Consumer<String> giveUp;
  private long since;
  private long nextWarning;
  private boolean gaveUp;

  /**
   * @param deadlineNs how long workers may not run
   * @param running tasks that run now
   * @param cluster what it has now, in words
   * @param giveUp told why, once
   */
  SlotWatch(
      int world,
      long deadlineNs,
      IntSupplier running,
      Supplier<String> cluster,
      LongSupplier nanoClock,
      Consumer<String> warn,
      Consumer<String> giveUp) {
    this.world = world;
    this.deadlineNs = deadlineNs;
    this.running = running;
    this.cluster = cluster;
    this.nanoClock = nanoClock;
    this.warn = warn;
    this.giveUp = giveUp;
    restart(nanoClock.getAsLong());
  }

  /** To be called now and then, while the job is under way. */
  synchronized void look() {
    long now = nanoClock.getAsLong();
    if (gaveUp) {
      return;
    }
    if (running.getAsInt() > 0) {
      restart(now);
    } else if (now - since >= deadlineNs) {
      gaveUp = true;
      giveUp.accept(
          describe(now)
              + "; gave up (run.wait_for_workers_seconds). Submitted again with parallel.context x"
              + " parallel.data that fit, the run goes on from its newest checkpoint");
    } else if (now - nextWarning >= 0) {
      nextWarning = now + REPEAT_NS;
      warn.accept(describe(now) + "; still waiting");
    }
  }

  private void restart(long now) {
    since = now;
    nextWarning = now + PATIENCE_NS;
  }

  private String describe(long now) {
    return "no worker has run for %d s: the run needs %d slots at once, the cluster has %s"
        .formatted(TimeUnit.NANOSECONDS.toSeconds(now - since), world, cluster.get());
  }
}
