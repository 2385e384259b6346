package dev.annulus.config;

import java.util.List;

/**
 * {@code evaluation:} what {@code evaluate --config} scores, and what a run is measured on while it
 * trains.
 *
 * @param sources held-out documents; empty means those that {@code data.held_out_share} keeps out,
 *     and without them the training sources
 * @param everySteps steps between two measurements of a run, which also has one at the end of each
 *     stage; 0: none
 * @param rows packed rows of held-out documents that a measurement takes at most
 */
public record EvaluationSettings(List<SourceSettings> sources, int everySteps, int rows) {
  /** Enough for a loss to two digits or three. */
  static final int ROWS = 32;

  public EvaluationSettings {
    sources = List.copyOf(sources);
  }

  /** A run is not measured while it trains. */
  public EvaluationSettings(List<SourceSettings> sources) {
    this(sources, 0, ROWS);
  }

  /** Whether a run is measured while it trains. */
  public boolean duringTraining() {
    return everySteps > 0;
  }
}
