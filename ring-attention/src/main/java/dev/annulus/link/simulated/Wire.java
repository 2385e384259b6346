package dev.annulus.link.simulated;

import dev.annulus.link.simulated.EventLog.Event;
import java.util.SplittableRandom;

/**
 * Carries datagrams between hosts: one after the other out of a host's network card and into
 * another's, both at the card's rate, with the latency between; a card that nobody shares adds the
 * duration of one datagram, once.
 */
final class Wire {
  private static final double NS_PER_SECOND = 1e9;

  private final WireConditions conditions;
  private final VirtualTime time;
  private final Hosts hosts;
  private final EventLog log;
  private final SplittableRandom random;

  /** By rank: until when its card is busy, out and in. */
  private final long[] outBusyNs;

  private final long[] inBusyNs;

  Wire(
      int size,
      WireConditions conditions,
      VirtualTime time,
      Hosts hosts,
      EventLog log,
      SplittableRandom random) {
    this.conditions = conditions;
    this.time = time;
    this.hosts = hosts;
    this.log = log;
    this.random = random;
    this.outBusyNs = new long[size];
    this.inBusyNs = new long[size];
  }

  /**
   * @param arrival happens on the receiver's host, once for each time that the datagram arrives
   */
  void carry(int from, int to, Datagram datagram, Runnable arrival) {
    long durationNs = durationNs(datagram);
    outBusyNs[from] = Math.max(outBusyNs[from], time.nowNs()) + durationNs;
    log.note(Event.SENT, from, to, datagram.position());
    double fate = random.nextDouble();
    if (fate < conditions.loss()) {
      log.note(Event.LOST, from, to, datagram.position());
    } else if (fate < conditions.loss() + conditions.damage()) {
      log.note(Event.DAMAGED, from, to, datagram.position());
    } else {
      fly(from, to, durationNs, arrival);
      if (fate >= 1 - conditions.duplication()) {
        log.note(Event.DUPLICATED, from, to, datagram.position());
        fly(from, to, durationNs, arrival);
      }
    }
  }

  private void fly(int from, int to, long durationNs, Runnable arrival) {
    long jitterNs = conditions.jitterNs() == 0 ? 0 : random.nextLong(conditions.jitterNs() + 1);
    long reachesNs = outBusyNs[from] + conditions.latencyNs() + jitterNs;
    time.after(reachesNs - time.nowNs(), () -> enter(to, durationNs, arrival));
  }

  private void enter(int to, long durationNs, Runnable arrival) {
    // The last byte of a datagram that had the card to itself is in as soon as it is here.
    long inNs = Math.max(time.nowNs(), inBusyNs[to] + durationNs);
    inBusyNs[to] = inNs;
    hosts.after(to, inNs - time.nowNs(), arrival);
  }

  private long durationNs(Datagram datagram) {
    return Math.max(1, (long) (datagram.wireBytes() * NS_PER_SECOND / conditions.bytesPerSecond()));
  }
}
