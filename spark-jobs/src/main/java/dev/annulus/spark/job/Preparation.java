package dev.annulus.spark.job;

import dev.annulus.spark.console.Console;
import java.util.Map;
import dev.annulus.config.RunConfig;
import org.apache.spark.sql.SparkSession;

/** Packed rows for every length that a run's stages ask for. */
public final class Preparation {
  private Preparation() {}

  public static Preparation run(SparkSession spark, RunConfig config, Console console) {
    return new Preparation();
  }
  public Map<String, Object> toJson() { return Map.of(); }
}
