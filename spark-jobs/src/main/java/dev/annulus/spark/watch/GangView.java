package dev.annulus.spark.watch;

import dev.annulus.trainer.train.StepReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/** All that the driver knows of a run now. Any thread may tell and ask. */
public final class GangView {
  private final LongSupplier nanoClock;
  private final RankStatus[] statuses;
  private final long[] heardNs;
  private int attempt;
  private long progressNs;
  private StepReport lastStep;
  private long checkpointStep;
  private double checkpointSeconds = Double.NaN;

  /**
   * A worker as it was when it was last heard.
   *
   * @param rank which
   * @param status what it told; empty if it has told nothing in this attempt
   * @param silentNs since then, or since the attempt began
   */
  public record Row(int rank, Optional<RankStatus> status, long silentNs) {}

  public GangView(int world, LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
    this.statuses = new RankStatus[world];
    this.heardNs = new long[world];
    begin();
  }

  /** The workers start again: what those before them told is over. */
  public synchronized void onRestart(int newAttempt) {
    attempt = newAttempt;
    begin();
  }

  private void begin() {
    progressNs = nanoClock.getAsLong();
    for (int rank = 0; rank < statuses.length; rank++) {
      statuses[rank] = null;
      heardNs[rank] = progressNs;
    }
  }

  /** A worker tells of itself; what one of an attempt that is over tells is dropped. */
  public synchronized void onStatus(RankStatus status) {
    if (status.attempt() == attempt && status.rank() >= 0 && status.rank() < statuses.length) {
      statuses[status.rank()] = status;
      heardNs[status.rank()] = nanoClock.getAsLong();
    }
  }

  /** A step is done. */
  public synchronized void onStep(StepReport step) {
    lastStep = step;
    progressNs = nanoClock.getAsLong();
  }

  /** A checkpoint is complete. */
  public synchronized void onCheckpoint(long step, double seconds) {
    checkpointStep = step;
    checkpointSeconds = seconds;
  }

  /** How often the workers were started again. */
  public synchronized int restarts() {
    return attempt;
  }

  /** The last step that ended, of any attempt. */
  public synchronized Optional<StepReport> lastStep() {
    return Optional.ofNullable(lastStep);
  }

  /** Step of the newest checkpoint of this submission; 0 if none. */
  public synchronized long checkpointStep() {
    return checkpointStep;
  }

  /** Seconds from its begin to its completion; not a number if there is none. */
  public synchronized double checkpointSeconds() {
    return checkpointSeconds;
  }

  /** Since a step ended or the workers started. */
  public synchronized long sinceProgressNs() {
    return nanoClock.getAsLong() - progressNs;
  }

  /** One a rank. */
  public synchronized List<Row> rows() {
    long now = nanoClock.getAsLong();
    List<Row> rows = new ArrayList<>(statuses.length);
    for (int rank = 0; rank < statuses.length; rank++) {
      rows.add(new Row(rank, Optional.ofNullable(statuses[rank]), now - heardNs[rank]));
    }
    return rows;
  }
}
