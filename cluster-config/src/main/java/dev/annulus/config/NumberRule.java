package dev.annulus.config;

import java.util.function.DoublePredicate;

/**
 * Which numbers a key takes.
 *
 * @param expectation for people
 */
record NumberRule(String expectation, DoublePredicate allowed) {
  static final NumberRule POSITIVE = new NumberRule("a number above 0", value -> value > 0);
  static final NumberRule NOT_NEGATIVE =
      new NumberRule("a number, at least 0", value -> value >= 0);
  static final NumberRule SHARE =
      new NumberRule("a number from 0 to 1", value -> value >= 0 && value <= 1);
  static final NumberRule POSITIVE_SHARE =
      new NumberRule("a number above 0, at most 1", value -> value > 0 && value <= 1);
  static final NumberRule BELOW_ONE =
      new NumberRule("a number from 0 to below 1", value -> value >= 0 && value < 1);

  boolean allows(double value) {
    return allowed.test(value);
  }
}
