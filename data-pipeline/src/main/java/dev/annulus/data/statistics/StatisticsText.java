package dev.annulus.data.statistics;

import dev.annulus.data.statistics.CorpusStatistics.PackedStatistics;
import dev.annulus.data.statistics.CorpusStatistics.Repeated;
import dev.annulus.data.statistics.CorpusStatistics.SourceStatistics;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Statistics as lines for people. */
public final class StatisticsText {
  private static final int BAR_WIDTH = 40;

  private StatisticsText() {}

  /** All of it. */
  public static String of(CorpusStatistics statistics) {
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT, "%,d documents, %,d tokens", statistics.documents(), statistics.tokens()));
    for (SourceStatistics source : statistics.sources()) {
      lines.add(
          String.format(
              Locale.ROOT,
              "  %s: %,d documents, %,d tokens; bad: %,d documents; held out: %,d documents, %,d"
                  + " tokens",
              source.path(),
              source.documents(),
              source.tokens(),
              source.badDocuments(),
              source.heldOutDocuments(),
              source.heldOutTokens()));
    }
    lines.add("");
    lines.add("Tokens of a document:");
    statistics
        .lengths()
        .forEach(
            (name, value) -> lines.add(String.format(Locale.ROOT, "  %-7s %,12d", name, value)));
    lines.add("");
    lines.addAll(bars(statistics));
    lines.add("");
    lines.add(duplicates("Exact duplicates", statistics.exactDuplicates(), statistics));
    lines.add(duplicates("Near-duplicates", statistics.nearDuplicates(), statistics));
    for (PackedStatistics packed : statistics.packed()) {
      lines.add("");
      lines.addAll(packed(packed, statistics));
    }
    if (!statistics.badDocuments().isEmpty()) {
      lines.add("");
      lines.add("The first documents that could not be read:");
      statistics.badDocuments().forEach(problem -> lines.add("  " + problem));
    }
    return String.join("\n", lines) + "\n";
  }

  private static List<String> bars(CorpusStatistics statistics) {
    long most = 1;
    for (LengthHistogram.Bar bar : statistics.histogram()) {
      most = Math.max(most, bar.documents());
    }
    List<String> lines = new ArrayList<>();
    for (LengthHistogram.Bar bar : statistics.histogram()) {
      int width = (int) Math.ceil((double) BAR_WIDTH * bar.documents() / most);
      lines.add(
          String.format(
              Locale.ROOT,
              "  below %,11d %,12d documents  %s",
              bar.to(),
              bar.documents(),
              "#".repeat(width)));
    }
    return lines;
  }

  private static String duplicates(String what, Repeated repeated, CorpusStatistics statistics) {
    return String.format(
        Locale.ROOT,
        "%s: %,d documents (%.2f %%), %,d tokens (%.2f %%)",
        what,
        repeated.documents(),
        percent(repeated.documents(), statistics.documents()),
        repeated.tokens(),
        percent(repeated.tokens(), statistics.tokens()));
  }

  private static List<String> packed(PackedStatistics packed, CorpusStatistics statistics) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "Rows of "
            + String.format(Locale.ROOT, "%,d", packed.report().sequenceLength())
            + " in "
            + packed.folder());
    lines.add("  " + packed.report().summary());
    lines.add(
        String.format(
            Locale.ROOT,
            "  longer than a row: %,d documents (%.2f %%), %,d tokens (%.2f %%)",
            packed.longerDocuments(),
            percent(packed.longerDocuments(), statistics.documents()),
            packed.longerTokens(),
            percent(packed.longerTokens(), statistics.tokens())));
    lines.add(
        String.format(
            Locale.ROOT,
            "  rows are full to %.3f %% (forecast %.3f %%)",
            100 * packed.report().efficiency(),
            100 * packed.forecast()));
    List<String> times = new ArrayList<>();
    for (double time : packed.timesThrough()) {
      times.add(String.format(Locale.ROOT, "%.3f", time));
    }
    lines.add("  each source is gone through " + String.join(", ", times) + " times");
    return lines;
  }

  static double percent(long part, long whole) {
    return whole == 0 ? 0 : 100.0 * part / whole;
  }
}
