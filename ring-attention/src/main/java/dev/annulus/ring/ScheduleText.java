package dev.annulus.ring;

import dev.annulus.attention.VisibleKeys.MaskClass;
import java.util.Locale;

/** A {@link RingSchedule} for people. */
final class ScheduleText {
  private ScheduleText() {}

  static String of(RingSchedule schedule) {
    RingTraffic all = schedule.traffic();
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "ring of %d ranks, %s layout, %s route, %d tokens, %d documents\n",
            schedule.ranks(),
            schedule.layout().name(),
            schedule.route().name().toLowerCase(Locale.ROOT),
            schedule.layout().sequenceLength(),
            schedule.documents().ranges().size()));
    text.append(
        String.format(
            Locale.ROOT,
            "work: worst rank %.3f of the mean; keys sent: %d tokens, %.3f of those needed\n",
            schedule.areaWorstOverMean(),
            all.forwardTokens(),
            all.sentOverNeeded()));
    text.append(
        "steps: # sees all of the block, + some, . none but passes it on, space: not sent\n");
    text.append("  rank     tokens        pairs  hops  skipped  steps\n");
    for (int rank = 0; rank < schedule.ranks(); rank++) {
      RingTraffic traffic = schedule.traffic(rank);
      StringBuilder steps = new StringBuilder();
      for (int step = 0; step < schedule.ranks(); step++) {
        steps.append(letter(schedule, rank, step));
      }
      text.append(
          "%6d %10d %12d %5d %8d  %s\n"
              .formatted(
                  rank,
                  schedule.layout().tokensOf(rank),
                  schedule.area(rank),
                  traffic.forwardHops(),
                  traffic.forwardHopsSkipped(),
                  steps.toString().stripTrailing()));
    }
    return text.toString();
  }

  private static char letter(RingSchedule schedule, int rank, int step) {
    MaskClass mask = schedule.maskClass(rank, schedule.owner(rank, step));
    return switch (mask) {
      case FULL -> '#';
      case PARTIAL -> '+';
      case EMPTY -> step > 0 && !schedule.keysTo(rank, step).isEmpty() ? '.' : ' ';
    };
  }
}
