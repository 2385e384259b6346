package dev.annulus.ring;

import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.layout.SequenceLayout;
import java.util.Arrays;
import java.util.Locale;

/**
 * What the plans of a row of a million tokens cost, by layout and ring size: work of the worst rank
 * over the mean, tokens whose keys any rank needs over those that a plain ring moves, tokens moved
 * over those needed by either route, messages of a rank one way by the direct route, and the time
 * of planning both routes (median of five, layout included). Arguments: ring sizes, by default 8 16
 * 32 64.
 */
public final class RingPlanReport {
  private static final int TOKENS = 1 << 20;
  private static final int TRIALS = 5;

  private RingPlanReport() {}

  private record Row(String name, Documents documents) {}

  /** Prints a table a kind of row. */
  public static void main(String[] args) {
    int[] ranks =
        args.length == 0
            ? new int[] {8, 16, 32, 64}
            : Arrays.stream(args).mapToInt(Integer::parseInt).toArray();
    Row[] rows = {
      new Row("one document", Documents.single(TOKENS)),
      new Row(
          "log-normal documents, median 1024, sigma 1.2",
          RowPatterns.logNormal(TOKENS, 1024, 1.2, 1)),
      new Row(
          "log-normal documents, median 1024, sigma 2", RowPatterns.logNormal(TOKENS, 1024, 2, 1)),
    };
    for (Row row : rows) {
      System.out.printf("%n%s: %d%n%n", row.name, row.documents.ranges().size());
      System.out.println(
          "| layout | ranks | worst / mean | needed / plain ring | ring: sent / needed | direct:"
              + " sent / needed | messages a rank | planning ms |");
      System.out.println("|---|---|---|---|---|---|---|---|");
      for (Layout kind : Layout.values()) {
        for (int size : ranks) {
          print(kind, size, row.documents);
        }
      }
    }
  }

  private static void print(Layout kind, int ranks, Documents documents) {
    double[] times = new double[TRIALS];
    RingSchedule ring = null;
    RingSchedule direct = null;
    for (int trial = 0; trial < TRIALS; trial++) {
      long start = System.nanoTime();
      SequenceLayout layout = Layouts.of(kind, documents, ranks);
      ring = RingSchedule.of(layout, documents, Route.RING);
      direct = ring.via(Route.DIRECT);
      times[trial] = (System.nanoTime() - start) / 1e6;
    }
    Arrays.sort(times);
    RingTraffic byRing = ring.traffic();
    RingTraffic byOwner = direct.traffic();
    System.out.printf(
        Locale.ROOT,
        "| %s | %d | %.3f | %.4f | %.3f | %.3f | %d | %.1f |%n",
        ring.layout().name(),
        ranks,
        ring.areaWorstOverMean(),
        byRing.neededTokens() / ((ranks - 1.0) * TOKENS),
        byRing.sentOverNeeded(),
        byOwner.sentOverNeeded(),
        byOwner.forwardMessages() / ranks,
        times[TRIALS / 2]);
  }
}
