package dev.annulus.data.statistics;

import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/** Statistics as one HTML page that needs nothing else: the text, and two histograms. */
public final class StatisticsPage {
  private static final int BAR = 28;
  private static final int HEIGHT = 160;
  private static final int LABELS = 48;

  private StatisticsPage() {}

  /** The page. */
  public static String of(CorpusStatistics statistics) {
    return """
    <!doctype html>
    <html lang="en">
    <meta charset="utf-8">
    <title>Corpus</title>
    <style>
      body { font: 15px/1.4 sans-serif; margin: 2em; max-width: 70em }
      svg text { font: 10px sans-serif }
      rect { fill: #3b6ea5 }
      pre { background: #f4f4f4; padding: 1em; overflow-x: auto }
    </style>
    <h1>Corpus</h1>
    <h2>Documents by their tokens</h2>
    %s
    <h2>Tokens by the tokens of their document</h2>
    %s
    <h2>All of it</h2>
    <pre>%s</pre>
    </html>
    """
        .formatted(
            bars(statistics.histogram(), LengthHistogram.Bar::documents),
            bars(statistics.histogram(), LengthHistogram.Bar::tokens),
            escaped(StatisticsText.of(statistics)));
  }

  private static String bars(
      List<LengthHistogram.Bar> bars, ToLongFunction<LengthHistogram.Bar> value) {
    long most = Math.max(1, bars.stream().mapToLong(value).max().orElse(1));
    StringBuilder svg = new StringBuilder();
    int width = Math.max(1, bars.size()) * BAR;
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg width=\"%d\" height=\"%d\" role=\"img\">",
            width + LABELS,
            HEIGHT + LABELS));
    for (int i = 0; i < bars.size(); i++) {
      LengthHistogram.Bar bar = bars.get(i);
      double height = (double) HEIGHT * value.applyAsLong(bar) / most;
      int x = i * BAR;
      svg.append(
          String.format(
              Locale.ROOT,
              "<rect x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"><title>%,d to %,d tokens:"
                  + " %,d</title></rect>",
              x,
              HEIGHT - height,
              BAR - 3,
              height,
              bar.from(),
              bar.to() - 1,
              value.applyAsLong(bar)));
      svg.append(
          String.format(
              Locale.ROOT,
              "<text transform=\"translate(%d %d) rotate(60)\">%s</text>",
              x + 6,
              HEIGHT + 8,
              "&lt; " + bar.to()));
    }
    return svg.append("</svg>").toString();
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
