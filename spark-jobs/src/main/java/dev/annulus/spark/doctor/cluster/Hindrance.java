package dev.annulus.spark.doctor.cluster;

/**
 * Something that would hold a run back.
 *
 * @param level what it does to a run
 * @param lost share of the workers' rate that it takes, as far as that can be said; of a run that
 *     does not work, all
 * @param what was found, where
 * @param setting to change, or what else to do
 */
record Hindrance(Level level, double lost, String what, String setting) {
  /** What it does to a run. */
  enum Level {
    /** The run does not work. */
    STOPS,
    /** It works, slower than it could. */
    SLOWS,
    /** Worth knowing, and no reason not to start. */
    NOTE
  }

  static Hindrance stops(String what, String setting) {
    return new Hindrance(Level.STOPS, 1, what, setting);
  }

  static Hindrance slows(double lost, String what, String setting) {
    return new Hindrance(Level.SLOWS, lost, what, setting);
  }

  static Hindrance note(String what, String setting) {
    return new Hindrance(Level.NOTE, 0, what, setting);
  }
}
