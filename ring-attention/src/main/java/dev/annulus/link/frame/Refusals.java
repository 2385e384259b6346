package dev.annulus.link.frame;

import java.util.EnumMap;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Frames of one link that were not used, by what was wrong with them. Any thread may count. */
public final class Refusals {
  static final long LOG_EVERY_NS = TimeUnit.SECONDS.toNanos(10);

  /** Complete from the start, so that counting changes values alone. */
  private final Map<Verdict, AtomicLong> counts = new EnumMap<>(Verdict.class);

  private final LongSupplier nanoClock;
  private final Consumer<String> log;

  /** When a line may be logged again. */
  private final AtomicLong nextLogNs;

  /** Counted in silence. */
  public Refusals() {
    this(() -> 0, line -> {});
  }

  /**
   * Counted, and told: at once, then every ten seconds at most, however many there are.
   *
   * @param log takes a line
   */
  public Refusals(LongSupplier nanoClock, Consumer<String> log) {
    this.nanoClock = nanoClock;
    this.log = log;
    this.nextLogNs = new AtomicLong(nanoClock.getAsLong());
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
    long now = nanoClock.getAsLong();
    long due = nextLogNs.get();
    if (now - due >= 0 && nextLogNs.compareAndSet(due, now + LOG_EVERY_NS)) {
      log.accept(describe());
    }
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
