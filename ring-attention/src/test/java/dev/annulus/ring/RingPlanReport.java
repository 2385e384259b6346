package dev.annulus.ring;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.CostSettings;
import dev.annulus.config.DeviceSettings;
import dev.annulus.config.ParallelSettings;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.layout.SequenceLayout;
import dev.annulus.ring.cost.AssumedRates;
import dev.annulus.ring.cost.RouteChoice;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.LongFunction;

/**
 * What the plans of a row of a million tokens cost, by layout and ring size: mask area of the worst
 * rank over the mean; tokens whose keys any rank needs ({@link NeededTokens}) over those that a
 * plain ring moves; tokens sent over those needed by either route and by the one that {@code auto}
 * takes; messages of a rank one way by the direct route; and the time of planning both routes,
 * layout included. Of rows with random documents the worst of five is given, of times the median.
 * Arguments: ring sizes, by default 8 16 32 64.
 */
public final class RingPlanReport {
  private static final int TOKENS = 1 << 20;
  private static final int SEEDS = 5;

  /** For GPUs with 100 Gb/s each. */
  private static final RouteChoice AUTO =
      new RouteChoice(
          ParallelSettings.Route.AUTO,
          AssumedRates.of(
              CostSettings.DEFAULTS,
              new DeviceSettings(DeviceSettings.Kind.CUDA, DeviceSettings.Precision.BFLOAT16),
              new AttentionShape(32, 8, 128)));

  private RingPlanReport() {}

  private record Kind(String name, LongFunction<Documents> documents) {}

  private record Plan(
      double area, double needed, double ring, double direct, double auto, long messages) {
    Plan worse(Plan other) {
      return new Plan(
          Math.max(area, other.area),
          Math.max(needed, other.needed),
          Math.max(ring, other.ring),
          Math.max(direct, other.direct),
          Math.max(auto, other.auto),
          Math.max(messages, other.messages));
    }
  }

  /** Prints a table a kind of row. */
  public static void main(String[] args) {
    int[] ranks =
        args.length == 0
            ? new int[] {8, 16, 32, 64}
            : Arrays.stream(args).mapToInt(Integer::parseInt).toArray();
    Kind[] kinds = {
      new Kind("one document", seed -> Documents.single(TOKENS)),
      new Kind(
          "log-normal documents, median 1024, sigma 1.2",
          seed -> RowPatterns.logNormal(TOKENS, 1024, 1.2, seed)),
      new Kind(
          "log-normal documents, median 1024, sigma 2",
          seed -> RowPatterns.logNormal(TOKENS, 1024, 2, seed)),
      new Kind(
          "log-normal documents, median 16384, sigma 1.2",
          seed -> RowPatterns.logNormal(TOKENS, 16384, 1.2, seed)),
    };
    for (Kind kind : kinds) {
      System.out.printf("%n%s%n%n", kind.name);
      System.out.println(
          "| layout | ranks | worst / mean | needed / plain ring | ring: sent / needed | direct:"
              + " sent / needed | auto: sent / needed | messages a rank | planning ms |");
      System.out.println("|---|---|---|---|---|---|---|---|---|");
      for (Layout layout : Layout.values()) {
        for (int size : ranks) {
          print(layout, size, kind);
        }
      }
    }
  }

  private static void print(Layout kind, int ranks, Kind row) {
    double[] times = new double[SEEDS];
    Plan worst = new Plan(0, 0, 0, 0, 0, 0);
    for (int seed = 0; seed < SEEDS; seed++) {
      Documents documents = row.documents.apply(seed);
      long start = System.nanoTime();
      SequenceLayout layout = Layouts.of(kind, documents, ranks);
      RingSchedule ring = RingSchedule.of(layout, documents, Route.RING);
      RingSchedule direct = ring.via(Route.DIRECT);
      times[seed] = (System.nanoTime() - start) / 1e6;
      RingSchedule auto = AUTO.plan(layout, documents);
      double needed = NeededTokens.count(layout, documents);
      worst =
          worst.worse(
              new Plan(
                  ring.areaWorstOverMean(),
                  needed / ((ranks - 1.0) * TOKENS),
                  ring.traffic().forwardTokens() / needed,
                  direct.traffic().forwardTokens() / needed,
                  auto.traffic().forwardTokens() / needed,
                  direct.traffic().forwardMessages() / ranks));
    }
    Arrays.sort(times);
    System.out.printf(
        Locale.ROOT,
        "| %s | %d | %.3f | %.4f | %.3f | %.3f | %.3f | %d | %.1f |%n",
        kind.name().toLowerCase(Locale.ROOT),
        ranks,
        worst.area,
        worst.needed,
        worst.ring,
        worst.direct,
        worst.auto,
        worst.messages,
        times[SEEDS / 2]);
  }
}
