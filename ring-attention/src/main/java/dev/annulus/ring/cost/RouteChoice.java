package dev.annulus.ring.cost;

import dev.annulus.attention.AttentionShape;
import dev.annulus.config.DeviceSettings;
import dev.annulus.config.ParallelSettings;
import dev.annulus.layout.Documents;
import dev.annulus.layout.Layouts;
import dev.annulus.layout.SequenceLayout;
import dev.annulus.ring.RingSchedule;
import dev.annulus.ring.Route;
import java.util.Locale;

/**
 * Which route a row takes. Every rank of a ring must choose alike: from the configuration, the row
 * and nothing else.
 *
 * @param cost what {@code auto} predicts with
 */
public record RouteChoice(ParallelSettings.Route wanted, CostModel cost) {
  /** What is less than a hundredth better is as good. */
  private static final double WORTH_IT = 0.99;

  /** With more ranks a prediction takes as long as a step of a short row; bytes alone decide. */
  private static final int MOST_RANKS_PREDICTED = 256;

  /**
   * A chosen plan.
   *
   * @param reason for people
   */
  public record Choice(RingSchedule plan, String reason) {
    /** For example {@code round the ring (as parallel.route says)}. */
    public String told() {
      String way =
          switch (plan.route()) {
            case RING -> "round the ring";
            case DIRECT -> "straight from owners to users";
          };
      return way + " (" + reason + ")";
    }
  }

  /** As a run is configured. */
  public static RouteChoice of(
      ParallelSettings parallel, DeviceSettings device, AttentionShape shape) {
    return new RouteChoice(parallel.route(), AssumedRates.of(parallel.cost(), device, shape));
  }

  /** The plan for a row over the route that the configuration names, or that {@code auto} finds. */
  public RingSchedule plan(SequenceLayout layout, Documents documents) {
    return switch (wanted) {
      case RING -> RingSchedule.of(layout, documents, Route.RING);
      case DIRECT -> RingSchedule.of(layout, documents, Route.DIRECT);
      case AUTO -> choose(RingSchedule.of(layout, documents, Route.RING)).plan();
    };
  }

  /** The plan for a row and why its route is taken. */
  public Choice explain(SequenceLayout layout, Documents documents) {
    return wanted == ParallelSettings.Route.AUTO
        ? choose(RingSchedule.of(layout, documents, Route.RING))
        : new Choice(plan(layout, documents), "as parallel.route says");
  }

  /** As {@link #explain}, for a row that is one document. */
  public Choice explainOneDocument(ParallelSettings.Layout layout, int tokens, int ranks) {
    Documents row = Documents.single(tokens);
    return explain(Layouts.of(layout, row, ranks), row);
  }

  private Choice choose(RingSchedule ring) {
    if (ring.ranks() == 1) {
      return new Choice(ring, "a rank alone sends nothing");
    }
    RingSchedule direct = ring.via(Route.DIRECT);
    if (ring.ranks() <= MOST_RANKS_PREDICTED) {
      long ringNs = durationNs(ring);
      long directNs = durationNs(direct);
      if (directNs < WORTH_IT * ringNs) {
        return new Choice(direct, times("direct", directNs, "ring", ringNs));
      }
      if (ringNs < WORTH_IT * directNs) {
        return new Choice(ring, times("ring", ringNs, "direct", directNs));
      }
    }
    long ringBytes = cost.bytes(ring);
    long directBytes = cost.bytes(direct);
    boolean less = directBytes < WORTH_IT * ringBytes;
    String amounts =
        String.format(
            Locale.ROOT,
            "about as fast; a layer sends %.1f MB over the ring, %.1f MB direct",
            ringBytes / 1e6,
            directBytes / 1e6);
    return new Choice(less ? direct : ring, amounts);
  }

  private long durationNs(RingSchedule plan) {
    return cost.forward(plan).durationNs() + cost.backward(plan).durationNs();
  }

  private static String times(String better, long betterNs, String worse, long worseNs) {
    return String.format(
        Locale.ROOT,
        "attention of a layer predicted at %.3g ms %s, %.3g ms %s",
        betterNs / 1e6,
        better,
        worseNs / 1e6,
        worse);
  }
}
