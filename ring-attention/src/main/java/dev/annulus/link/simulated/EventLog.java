package dev.annulus.link.simulated;

import java.util.EnumMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What happened, in order, as one number: two runs with the same digest went the same way. For
 * people each event can also be told as a line.
 */
public final class EventLog {
  /** What can happen on the wire or to a rank. */
  public enum Event {
    SENT,
    LOST,
    DUPLICATED,
    DAMAGED,
    ARRIVED,
    RESENT,
    ASKED,
    REFUSED,
    TAKEN,
    GONE,
    CLOSED,
    FROZEN,
    DIED,
    HUNG
  }

  private final VirtualTime time;
  private final Consumer<String> lines;
  private final Map<Event, Long> counts = new EnumMap<>(Event.class);
  private long digest = 0x9E3779B97F4A7C15L;

  /**
   * @param lines is told each event as text; null if nobody wants to read
   */
  public EventLog(VirtualTime time, Consumer<String> lines) {
    this.time = time;
    this.lines = lines;
  }

  /**
   * Notes an event.
   *
   * @param from the rank it began at
   * @param to the rank it concerns
   * @param number of what it is about, in its stream
   */
  public void note(Event event, int from, int to, long number) {
    counts.merge(event, 1L, Long::sum);
    mix(time.nowNs());
    mix(event.name().hashCode());
    mix((long) from << 32 | to);
    mix(number);
    if (lines != null) {
      lines.accept("%,15d ns  %d -> %d  %s %d".formatted(time.nowNs(), from, to, event, number));
    }
  }

  /** Of all events so far. */
  public long digest() {
    return digest;
  }

  /** How often this happened. */
  public long count(Event event) {
    return counts.getOrDefault(event, 0L);
  }

  private void mix(long value) {
    digest = (digest ^ value) * 0xBF58476D1CE4E5B9L;
    digest ^= digest >>> 31;
  }
}
