package dev.annulus.config;

import java.util.Map;
import java.util.Optional;

/**
 * {@code spark:} left out under spark-submit.
 *
 * @param master for example {@code local[4]}; empty: what spark-submit says, else {@code
 *     local[<world>]}
 * @param conf any Spark property
 */
public record SparkSettings(Optional<String> master, Map<String, String> conf) {
  public SparkSettings {
    conf = Map.copyOf(conf);
  }
}
