package dev.annulus.link.simulated;

import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * A clock that moves only from one event to the next. Events of one moment happen in the order in
 * which they were named, so a simulation is a function of its seed.
 */
public final class VirtualTime {
  private record Event(long atNs, long order, Runnable action) {}

  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparingLong(Event::atNs).thenComparingLong(Event::order));

  private long nowNs;
  private long named;

  /** Nanoseconds since the simulation began. */
  public long nowNs() {
    return nowNs;
  }

  /** Has {@code action} happen {@code delayNs} from now. */
  public void after(long delayNs, Runnable action) {
    if (delayNs < 0) {
      throw new IllegalArgumentException("an event " + -delayNs + " ns ago");
    }
    events.add(new Event(Math.addExact(nowNs, delayNs), named++, action));
  }

  /** Goes on to the next event and has it happen; false if there is none. */
  public boolean runNext() {
    Event next = events.poll();
    if (next == null) {
      return false;
    }
    nowNs = next.atNs;
    next.action.run();
    return true;
  }
}
