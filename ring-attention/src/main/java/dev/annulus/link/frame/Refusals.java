package dev.annulus.link.frame;

import java.util.EnumMap;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.atomic.AtomicLong;

/** Frames of one link that were not used, by what was wrong with them. Any thread may count. */
public final class Refusals {
  /** Complete from the start, so that counting changes values alone. */
  private final Map<Verdict, AtomicLong> counts = new EnumMap<>(Verdict.class);

  public Refusals() {
    for (Verdict verdict : Verdict.values()) {
      counts.put(verdict, new AtomicLong());
    }
  }

  /** One more that was refused or wrong. */
  public void count(Verdict verdict) {
    if (!verdict.isRefused() && !verdict.isWrong()) {
      throw new IllegalArgumentException("a frame that is " + verdict.text() + " is not refused");
    }
    counts.get(verdict).incrementAndGet();
  }

  /** How many of one sort. */
  public long of(Verdict verdict) {
    return counts.get(verdict).get();
  }

  /** How many in all. */
  public long total() {
    long total = 0;
    for (AtomicLong count : counts.values()) {
      total += count.get();
    }
    return total;
  }

  /** For errors: {@code 3 frames were refused (2 of another run, 1 damaged)}. */
  public String describe() {
    StringJoiner sorts = new StringJoiner(", ", " (", ")").setEmptyValue("");
    for (Verdict verdict : counts.keySet()) {
      if (of(verdict) > 0) {
        sorts.add(of(verdict) + " " + verdict.text());
      }
    }
    return total() + " frames were refused" + sorts;
  }
}
