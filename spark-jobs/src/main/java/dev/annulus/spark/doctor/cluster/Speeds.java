package dev.annulus.spark.doctor.cluster;

import dev.annulus.spark.console.Units;

/** Rates as people read them. */
final class Speeds {
  private Speeds() {}

  /** For example {@code 1.2 GB/s}. */
  static String of(double bytesPerSecond) {
    return Units.bytes(Math.round(bytesPerSecond)) + "/s";
  }
}
