package dev.annulus.spark.watch;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Says who waits for whom when no step ends: those who may be the reason first (not heard, or not
 * waiting for anybody), then those who wait, the longest first.
 */
public final class StallWatch {
  /** How long a step may take at least before it is worth a line. */
  static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(30);

  /** How many steps of the last one's length a step may take. */
  static final int LENGTHS = 5;

  /** Workers tell of themselves far more often than this. */
  static final long SILENT_NS = TimeUnit.SECONDS.toNanos(10);

  private static final int SHOWN = 8;

  private final GangView view;
  private final BooleanSupplier running;
  private final Consumer<String> warn;
  private long nextNs;

  /**
   * @param running whether workers run at all: who has not started is somebody else's line
   * @param warn told what holds the run up, at 30 s, and each time it has lasted twice as long
   */
  public StallWatch(GangView view, BooleanSupplier running, Consumer<String> warn) {
    this.view = view;
    this.running = running;
    this.warn = warn;
  }

  /** To be called now and then, while the job is under way. */
  public void look() {
    long stalledNs = view.sinceProgressNs();
    long limitNs = Math.max(PATIENCE_NS, (long) (LENGTHS * 1e6 * lastStepMs()));
    if (stalledNs < limitNs || !running.getAsBoolean()) {
      nextNs = 0;
    } else if (stalledNs >= nextNs) {
      nextNs = 2 * stalledNs;
      warn.accept("no step for " + seconds(stalledNs) + ": " + whoWaits(view.rows()));
    }
  }

  private double lastStepMs() {
    return view.lastStep().map(step -> step.stepMs()).orElse(0.0);
  }

  /** One line about all ranks. */
  static String whoWaits(List<GangView.Row> rows) {
    List<GangView.Row> sorted = new ArrayList<>(rows);
    sorted.sort(
        Comparator.comparingInt(StallWatch::weight)
            .thenComparingLong(row -> -row.status().map(RankStatus::waitedMs).orElse(0L)));
    List<String> parts = new ArrayList<>();
    for (GangView.Row row : sorted.subList(0, Math.min(SHOWN, sorted.size()))) {
      parts.add(describe(row));
    }
    if (sorted.size() > SHOWN) {
      parts.add((sorted.size() - SHOWN) + " more");
    }
    return String.join("; ", parts);
  }

  /** Who is silent may be the reason, and else who waits for nobody. */
  private static int weight(GangView.Row row) {
    return isSilent(row) ? 0 : isWaiting(row) ? 2 : 1;
  }

  private static boolean isSilent(GangView.Row row) {
    return row.status().isEmpty() || row.silentNs() >= SILENT_NS;
  }

  private static boolean isWaiting(GangView.Row row) {
    return row.status().filter(s -> s.waitsFor() != RankStatus.NOBODY).isPresent();
  }

  private static String describe(GangView.Row row) {
    if (row.status().isEmpty()) {
      return "rank " + row.rank() + " has not been heard since the workers started";
    }
    RankStatus status = row.status().get();
    String what =
        isWaiting(row)
            ? "waits for %d (%s) for %s"
                .formatted(
                    status.waitsFor(),
                    status.waitsForWhat(),
                    seconds(TimeUnit.MILLISECONDS.toNanos(status.waitedMs())))
            : status.doing();
    String silence = isSilent(row) ? ", and has not been heard for " + seconds(row.silentNs()) : "";
    return "rank " + row.rank() + " on " + status.host() + " " + what + silence;
  }

  private static String seconds(long nanoseconds) {
    return TimeUnit.NANOSECONDS.toSeconds(nanoseconds) + " s";
  }
}
