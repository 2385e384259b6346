package dev.annulus.spark.doctor.cluster;

import dev.annulus.config.RunConfig;
import dev.annulus.spark.console.Units;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/** What would hold a run back, from what the workers found; the most costly first. */
final class Judgement {
  private static final double SLOW_PAIR = 0.4;
  private static final double WORTH_A_NOTE = 0.001;
  private static final double MUCH_LOSS = 0.01;
  private static final int NAMED = 8;

  private final ClusterFindings findings;
  private final RunConfig config;
  private final Optional<RingQuestion> question;
  private final List<Hindrance> hindrances = new ArrayList<>();

  private Judgement(ClusterFindings findings, RunConfig config, Optional<RingQuestion> question) {
    this.findings = findings;
    this.config = config;
    this.question = question.filter(RingQuestion::hasRing);
  }

  /**
   * Judges.
   *
   * @param config of the run, or the defaults
   * @param question nothing where no run was named: rates are then compared among themselves
   */
  static List<Hindrance> of(
      ClusterFindings findings, RunConfig config, Optional<RingQuestion> question) {
    Judgement judgement = new Judgement(findings, config, question);
    judgement.deadPairs();
    judgement.ring();
    judgement.slowPairs();
    judgement.losses();
    judgement.unmeasured();
    judgement.hindrances.addAll(HostJudgement.of(findings, config));
    judgement.hindrances.sort(
        Comparator.comparing(Hindrance::level)
            .thenComparing(Comparator.comparingDouble(Hindrance::lost).reversed()));
    return List.copyOf(judgement.hindrances);
  }

  private void deadPairs() {
    List<PairFinding> dead = findings.dead();
    for (PairFinding pair : dead.subList(0, Math.min(NAMED, dead.size()))) {
      hindrances.add(
          Hindrance.stops(
              findings.name(pair.rank())
                  + " and "
                  + findings.name(pair.peer())
                  + " cannot talk to each other: "
                  + pair.failure(),
              "a firewall, routing or another secret between them; transport.ports names the"
                  + " ports to open"));
    }
    if (dead.size() > NAMED) {
      hindrances.add(
          Hindrance.stops(
              dead.size() - NAMED + " more pairs cannot talk to each other", "as above"));
    }
    boolean ringStands = findings.ring().stream().noneMatch(PairFinding::isDead);
    if (dead.isEmpty() && !ringStands) {
      PairFinding first =
          findings.ring().stream().filter(PairFinding::isDead).findFirst().orElseThrow();
      hindrances.add(
          Hindrance.stops(
              "all pairs talk, but not all at the same time: " + first.failure(),
              "room for sockets, ports and transport files at all hosts"));
    }
  }

  /** With all links of the ring in use at the same time, as in a run. */
  private void ring() {
    OptionalDouble measured = findings.ringBytesPerSecond();
    if (question.isEmpty() || measured.isEmpty()) {
      return;
    }
    double lost = question.get().lost(measured.getAsDouble(), findings.ringLatencyNs());
    if (lost > 1 - RingQuestion.GOOD_SHARE) {
      double needed = question.get().needed(findings.ringLatencyNs());
      hindrances.add(
          Hindrance.slows(
              lost,
              String.format(
                  Locale.ROOT,
                  "waiting for the ring takes %s of the attention of stage %s (rows of %s tokens):"
                      + " its slowest link carries %s, %s",
                  Units.percent(lost),
                  question.get().stage().name(),
                  Units.count(question.get().stage().sequenceLength()),
                  Speeds.of(measured.getAsDouble()),
                  needed < Double.POSITIVE_INFINITY
                      ? Speeds.of(needed) + " would keep 95 %"
                      : "and its latency alone takes more than 5 %"),
              "a smaller parallel.context or longer rows; " + LinkAdvice.of(findings, config)));
    }
  }

  private void slowPairs() {
    for (Way way : Way.values()) {
      List<PairFinding> pairs = findings.measured(way);
      if (pairs.size() < 4) {
        continue; // Two pairs or one: nothing to compare with.
      }
      double median = pairs.get(pairs.size() / 2).bytesPerSecond();
      pairs.stream()
          .filter(pair -> pair.bytesPerSecond() < SLOW_PAIR * median)
          .limit(NAMED)
          .forEach(pair -> hindrances.add(slowPair(pair, way, median)));
    }
  }

  private Hindrance slowPair(PairFinding pair, Way way, double median) {
    String what =
        "%s to %s: %s, where the median %s is %s"
            .formatted(
                findings.name(pair.peer()),
                findings.name(pair.rank()),
                Speeds.of(pair.bytesPerSecond()),
                way.text(),
                Speeds.of(median));
    String setting =
        way == Way.NETWORK
            ? "cable, port or card between them, other traffic; or leave the host out"
            : "other processes on that host; spark.task.cpus";
    double lost =
        question.isPresent()
            ? question.get().lost(pair.bytesPerSecond(), (double) pair.latencyNs())
            : way == Way.NETWORK ? 1 - pair.bytesPerSecond() / median : 0;
    return lost > 1 - RingQuestion.GOOD_SHARE
        ? Hindrance.slows(lost, what, setting)
        : Hindrance.note(what, setting);
  }

  private void losses() {
    findings
        .pairs()
        .filter(pair -> !pair.isDead() && pair.sentAgain() >= WORTH_A_NOTE)
        .sorted(Comparator.comparingDouble(PairFinding::sentAgain).reversed())
        .limit(NAMED)
        .forEach(
            pair -> {
              String what =
                  "%s had to send %s to %s again"
                      .formatted(
                          findings.name(pair.rank()),
                          Units.percent(pair.sentAgain()),
                          findings.name(pair.peer()));
              String setting = "packets are lost: " + LinkAdvice.of(findings, config);
              hindrances.add(
                  pair.sentAgain() >= MUCH_LOSS
                      ? Hindrance.slows(pair.sentAgain(), what, setting)
                      : Hindrance.note(what, setting));
            });
  }

  private void unmeasured() {
    long missing = findings.pairsOfAll() - findings.pairsMet();
    if (missing > 0) {
      hindrances.add(
          Hindrance.note(
              "%s of %s pairs were not measured for lack of time"
                  .formatted(Units.count(missing), Units.count(findings.pairsOfAll())),
              "--seconds " + TimeBudget.secondsForAll(findings.world()) + " measures all"));
    }
  }
}
