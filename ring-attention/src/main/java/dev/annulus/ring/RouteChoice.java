package dev.annulus.ring;

import dev.annulus.config.ParallelSettings;
import dev.annulus.layout.Documents;
import dev.annulus.layout.SequenceLayout;

/** Which route a row takes. */
public final class RouteChoice {
  private static final double WORTH_IT = 0.99;

  private RouteChoice() {}

  /**
   * The plan for a row over the route that the configuration names. {@code auto} takes the one that
   * sends fewer bytes in a forward and a backward pass, and the ring where the direct route saves
   * less than a hundredth: there every message goes to a neighbour.
   */
  public static RingSchedule plan(
      ParallelSettings.Route wanted, SequenceLayout layout, Documents documents) {
    return switch (wanted) {
      case RING -> RingSchedule.of(layout, documents, Route.RING);
      case DIRECT -> RingSchedule.of(layout, documents, Route.DIRECT);
      case AUTO -> {
        RingSchedule ring = RingSchedule.of(layout, documents, Route.RING);
        RingSchedule direct = ring.via(Route.DIRECT);
        yield direct.traffic().tokens() < WORTH_IT * ring.traffic().tokens() ? direct : ring;
      }
    };
  }
}
