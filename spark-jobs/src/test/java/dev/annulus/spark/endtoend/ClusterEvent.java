package dev.annulus.spark.endtoend;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** What goes wrong in a cluster. Hosts are numbered from 1, as those of its workers are. */
sealed interface ClusterEvent {
  /** The JVM that runs workers of the run is killed. */
  record ExecutorKilled(int host) implements ClusterEvent {}

  /**
   * All processes of a host are killed, Spark's own too, as when it loses its power.
   *
   * @param back after which Spark's worker starts there again
   */
  record HostKilled(int host, Duration back) implements ClusterEvent {}

  /** The JVM that runs workers of the run stands still for good. */
  record ExecutorFrozen(int host) implements ClusterEvent {}

  /**
   * The host's cable is pulled.
   *
   * @param back after which it is plugged in again
   */
  record LinkCut(int host, Duration back) implements ClusterEvent {}

  /**
   * The driver is killed and submitted again, as a supervisor does.
   *
   * @param back after which
   */
  record DriverKilled(Duration back) implements ClusterEvent {}

  /** After which it is over; what Spark puts right by itself is at once. */
  default Duration back() {
    return Duration.ZERO;
  }

  /** Number of kinds. */
  int KINDS = 5;

  /** So many of each kind, in any order. */
  static List<ClusterEvent> draw(Random random, int ofEach, int hosts) {
    List<ClusterEvent> events = new ArrayList<>();
    for (int i = 0; i < ofEach * KINDS; i++) {
      int host = 1 + random.nextInt(hosts);
      Duration back = Duration.ofMillis(200 + random.nextInt(9800));
      events.add(
          switch (i % KINDS) {
            case 0 -> new ExecutorKilled(host);
            case 1 -> new HostKilled(host, back);
            case 2 -> new ExecutorFrozen(host);
            case 3 -> new LinkCut(host, back);
            default -> new DriverKilled(back);
          });
    }
    Collections.shuffle(events, random);
    return events;
  }
}
