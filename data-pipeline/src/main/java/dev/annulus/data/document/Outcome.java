package dev.annulus.data.document;

import dev.annulus.config.Problem;

/** What became of one document: a value, or what its owner has to mend. */
public sealed interface Outcome<T> {
  /** It is as it should be. */
  record Good<T>(T value) implements Outcome<T> {}

  /**
   * It is not.
   *
   * @param endsFile whether the documents behind it in its file cannot be read either, nor counted
   */
  record Bad<T>(Problem problem, boolean endsFile) implements Outcome<T> {
    /** One document with the parts of its problem. */
    public Bad(String place, String value, String expectation) {
      this(new Problem(place, value, expectation), false);
    }
  }
}
