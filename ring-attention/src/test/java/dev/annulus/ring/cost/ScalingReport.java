package dev.annulus.ring.cost;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.ParallelSettings.Layout;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.ring.RingSchedule;
import dev.annulus.ring.Route;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Writes the tables of docs/scaling.md: what cost model and plan say of large rings. Arguments: the
 * file to write the tables to, the most ranks of dense rows, the most ranks of packed rows.
 */
public final class ScalingReport {
  static final int TOKENS_PER_RANK = 65_536;

  /** An H100 behind 100 Gb/s, of which 92 % are payload; bf16 travels, gradients in fp32. */
  static final CostModel COST =
      new CostModel(
          new DeviceRates(611e12, 541e12, 2.5e12),
          new LinkRates(11.5e9, 20_000, 5_000),
          new AttentionShape(32, 8, 128),
          2,
          4);

  private ScalingReport() {}

  public static void main(String[] args) throws IOException {
    StringBuilder text = new StringBuilder();
    int mostDense = Integer.parseInt(args[1]);
    int mostPacked = Integer.parseInt(args[2]);
    table(text, "One causal document", mostDense, Documents::single);
    table(
        text,
        "Documents of log-normal length, median 16K, sigma 1.5, at most a quarter of the row",
        mostPacked,
        length -> LogNormal.documents(length, 16_384, 1.5, length / 4, 1));
    table(
        text,
        "Documents of log-normal length, median 1K, sigma 1.2",
        mostPacked,
        length -> LogNormal.documents(length, 1024, 1.2, length / 4, 1));
    Files.writeString(Path.of(args[0]), text, StandardCharsets.UTF_8);
  }

  private interface Rows {
    Documents of(int length);
  }

  private static void table(StringBuilder text, String title, int most, Rows rows) {
    text.append("\n### ").append(title).append("\n\n");
    text.append(
        "| ranks | layout | route | kept, forward | kept, backward | waiting | worst/mean work |"
            + " sent/needed | GB a rank |\n|---:|---|---|---:|---:|---:|---:|---:|---:|\n");
    for (int ranks = 8; ranks <= most; ranks *= 2) {
      Documents documents = rows.of(ranks * TOKENS_PER_RANK);
      for (Layout layout : Layout.values()) {
        RingSchedule ring =
            RingSchedule.of(Layouts.of(layout, documents, ranks), documents, Route.RING);
        for (Route route : Route.values()) {
          line(text, ring.via(route));
        }
      }
    }
  }

  private static void line(StringBuilder text, RingSchedule plan) {
    PassCost forward = COST.forward(plan);
    PassCost backward = COST.backward(plan);
    double waiting =
        (forward.waitShare() * forward.durationNs() + backward.waitShare() * backward.durationNs())
            / (forward.durationNs() + backward.durationNs());
    text.append(
        String.format(
            Locale.ROOT,
            "| %d | %s | %s | %.3f | %.3f | %.1f %% | %.2f | %.2f | %.2f |%n",
            plan.ranks(),
            plan.layout().name(),
            plan.route().name().toLowerCase(Locale.ROOT),
            forward.rateKept(),
            backward.rateKept(),
            100 * waiting,
            plan.areaWorstOverMean(),
            plan.traffic().sentOverNeeded(),
            COST.bytes(plan) / 1e9 / plan.ranks()));
  }
}
