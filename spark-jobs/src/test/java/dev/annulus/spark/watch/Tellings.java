package dev.annulus.spark.watch;

import dev.annulus.trainer.train.StepReport;
import java.util.List;

/** What workers might tell. */
final class Tellings {
  private Tellings() {}

  static StepReport step(long step, double stepMs) {
    return new StepReport(
        step,
        "short",
        2.5,
        0,
        null,
        0.75,
        1e-3,
        4096,
        4096 / (stepMs / 1e3),
        stepMs,
        0.5 * stepMs,
        0.25 * stepMs,
        0,
        1_000_000,
        4,
        0,
        1,
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        1,
        0);
  }

  static RankStatus computes(int rank, String host, long step) {
    return status(rank, host, step, RankStatus.NOBODY, "", 0);
  }

  static RankStatus waits(int rank, String host, long step, int peer, String what, long waitedMs) {
    return status(rank, host, step, peer, what, waitedMs);
  }

  private static RankStatus status(
      int rank, String host, long step, int peer, String what, long waitedMs) {
    return new RankStatus(
        rank,
        0,
        host,
        "CPU",
        "does step " + (step + 1),
        step,
        100,
        0.25,
        1000,
        2000,
        peer,
        what,
        waitedMs);
  }
}
