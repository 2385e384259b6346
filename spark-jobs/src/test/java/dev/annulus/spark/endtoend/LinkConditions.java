package dev.annulus.spark.endtoend;

import java.time.Duration;

/**
 * What a cable does to packets, the same in both directions.
 *
 * @param loss share that is dropped
 * @param delay of each
 * @param bitsPerSecond that pass at most; 0: as many as come
 */
record LinkConditions(double loss, Duration delay, long bitsPerSecond) {
  static final LinkConditions CLEAN = new LinkConditions(0, Duration.ZERO, 0);

  /** How long packets may queue in front of a slow cable before more are dropped. */
  static final Duration QUEUE = Duration.ofMillis(200);

  LinkConditions withLoss(double share) {
    return new LinkConditions(share, delay, bitsPerSecond);
  }

  LinkConditions withDelay(Duration time) {
    return new LinkConditions(loss, time, bitsPerSecond);
  }

  LinkConditions withRate(long bits) {
    return new LinkConditions(loss, delay, bits);
  }

  /** Nanoseconds that a frame takes up the cable. */
  long nanos(int bytes) {
    return bitsPerSecond == 0 ? 0 : bytes * 8L * 1_000_000_000L / bitsPerSecond;
  }
}
