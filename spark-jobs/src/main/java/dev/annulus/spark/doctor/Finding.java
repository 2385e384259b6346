package dev.annulus.spark.doctor;

/**
 * One thing that was looked at.
 *
 * @param what its name
 * @param state whether a run can rely on it
 * @param found what is there
 * @param advice what to do, empty if nothing
 */
record Finding(String what, State state, String found, String advice) {
  /** Whether a run can rely on it. */
  enum State {
    /** There, and a run would use it. */
    OK,
    /** A run works, but something is worth knowing. */
    NOTE,
    /** A run does not work. */
    MISSING
  }

  static Finding ok(String what, String found) {
    return new Finding(what, State.OK, found, "");
  }

  static Finding note(String what, String found, String advice) {
    return new Finding(what, State.NOTE, found, advice);
  }

  static Finding missing(String what, String found, String advice) {
    return new Finding(what, State.MISSING, found, advice);
  }
}
