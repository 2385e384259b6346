package dev.annulus.spark.watch;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import dev.annulus.config.InvalidInputException;
import dev.annulus.spark.console.Console;
import dev.annulus.spark.console.TextTable;
import dev.annulus.spark.console.Units;
import dev.annulus.trainer.train.StepReport;
import java.util.List;
import java.util.Locale;

/**
 * A run at one moment, as {@code status.json} in its output directory holds it.
 *
 * @param format of this file
 * @param run its name
 * @param state of it
 * @param writtenAtMs by the driver's clock, milliseconds since 1970
 * @param everySeconds how often the driver writes it
 * @param step that ended last; 0 before the first
 * @param steps of the whole run
 * @param stage of that step
 * @param loss of that step
 * @param tokensPerSecond of that step
 * @param secondsSinceStep since it ended
 * @param restarts how often the workers were started again
 * @param checkpointStep of the newest checkpoint of this submission; 0 if none
 * @param ranks one a worker
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record StatusReport(
    int format,
    String run,
    State state,
    long writtenAtMs,
    int everySeconds,
    long step,
    long steps,
    String stage,
    double loss,
    double tokensPerSecond,
    double secondsSinceStep,
    int restarts,
    long checkpointStep,
    List<Rank> ranks) {
  /** The format that this program writes and reads. */
  public static final int FORMAT = 1;

  /** How a run stands. */
  public enum State {
    RUNNING,
    FINISHED,
    FAILED
  }

  /**
   * A worker.
   *
   * @param rank which
   * @param heard whether it has told of itself since the workers started; if not, the rest is empty
   * @param silentSeconds since it was heard
   * @param status what it told; null if nothing
   */
  public record Rank(int rank, boolean heard, double silentSeconds, RankStatus status) {}

  /** What a view shows now. */
  static StatusReport of(
      GangView view, String run, long steps, State state, long nowMs, int everySeconds) {
    StepReport last = view.lastStep().orElse(null);
    return new StatusReport(
        FORMAT,
        run,
        state,
        nowMs,
        everySeconds,
        last == null ? 0 : last.step(),
        steps,
        last == null ? "" : last.stage(),
        last == null ? 0 : last.loss(),
        last == null ? 0 : last.tokensPerSecond(),
        view.sinceProgressNs() / 1e9,
        view.restarts(),
        view.checkpointStep(),
        view.rows().stream()
            .map(
                row ->
                    new Rank(
                        row.rank(),
                        row.status().isPresent(),
                        row.silentNs() / 1e9,
                        row.status().orElse(null)))
            .toList());
  }

  /**
   * Refuses what another version wrote.
   *
   * @param place for the error
   */
  StatusReport check(String place) {
    if (format != FORMAT || state == null || ranks == null) {
      throw new InvalidInputException(
          place, "a status of format " + format, "format " + FORMAT + ", of this version's runs");
    }
    return this;
  }

  /** For people. */
  public void print(Console console, long nowMs) {
    double age = Math.max(0, (nowMs - writtenAtMs) / 1e3);
    console.say(
        String.format(
            Locale.ROOT,
            "Run %s %s: step %s of %s%s, %s tokens/s, %d %s, newest checkpoint %s.",
            run,
            state.name().toLowerCase(Locale.ROOT),
            Units.count(step),
            Units.count(steps),
            step == 0 ? "" : " (stage " + stage + ", loss " + Units.loss(loss) + ")",
            Units.count(tokensPerSecond),
            restarts,
            restarts == 1 ? "restart" : "restarts",
            checkpointStep == 0 ? "none" : "of step " + checkpointStep));
    TextTable table =
        new TextTable(
            "rank", "host", "device", "step", "waiting", "sent", "received", "heard", "now");
    for (Rank of : ranks) {
      RankStatus told = of.status();
      if (told == null) {
        table.row("" + of.rank(), "-", "-", "-", "-", "-", "-", "never", "-");
      } else {
        table.row(
            "" + of.rank(),
            told.host(),
            told.device(),
            Units.count(told.step()),
            Units.percent(told.waitShare()),
            Units.bytes(told.ringBytesSent()),
            Units.bytes(told.ringBytesReceived()),
            Units.count(of.silentSeconds() + age) + " s ago",
            now(told));
      }
    }
    console.say("");
    console.say(table.toString());
    if (state == State.RUNNING && age > 5 * everySeconds + 10) {
      console.warn(
          "the driver wrote this %s s ago and does so every %d s: it is gone, or cannot write here"
              .formatted(Units.count(age), everySeconds));
    }
  }

  private static String now(RankStatus told) {
    return told.waitsFor() == RankStatus.NOBODY
        ? told.doing()
        : "waits for %d: %s, %s s"
            .formatted(told.waitsFor(), told.waitsForWhat(), Units.count(told.waitedMs() / 1e3));
  }
}
