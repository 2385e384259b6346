package dev.annulus.spark.console;

import java.util.Locale;

/** Numbers as people read them. Bytes are decimal: 1 MB is 10^6. */
public final class Units {
  private static final String[] BYTE_UNITS = {"B", "KB", "MB", "GB", "TB", "PB"};

  private Units() {}

  /** For example {@code 12.3 MB}. */
  public static String bytes(long bytes) {
    int unit = 0;
    double value = bytes;
    while (value >= 1000 && unit < BYTE_UNITS.length - 1) {
      value /= 1000;
      unit++;
    }
    return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", value, BYTE_UNITS[unit]);
  }

  /** For example {@code 5,123}. */
  public static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  /** For example {@code 5,123}: no digits behind the point. */
  public static String count(double value) {
    return String.format(Locale.ROOT, "%,.0f", value);
  }

  /** For example {@code 3.1 %} of a share between 0 and 1. */
  public static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  /** For example {@code 1:02:03} or {@code 2:05}. */
  public static String duration(double seconds) {
    long whole = Math.max(0, Math.round(seconds));
    return whole >= 3600
        ? String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
        : String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60);
  }

  /** A loss with the digits that matter. */
  public static String loss(double loss) {
    return String.format(Locale.ROOT, "%.4f", loss);
  }
}
