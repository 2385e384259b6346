package dev.annulus.config;

import java.util.List;

/**
 * {@code evaluation:} what {@code evaluate --config} scores.
 *
 * @param sources held-out documents; empty means the training sources
 */
public record EvaluationSettings(List<SourceSettings> sources) {
  public EvaluationSettings {
    sources = List.copyOf(sources);
  }
}
