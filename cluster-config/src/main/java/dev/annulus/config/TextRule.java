package dev.annulus.config;

import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Which text a key takes. None takes control characters: no path or name of a user has them.
 *
 * @param expectation for people
 */
record TextRule(String expectation, Predicate<String> allowed) {
  static final TextRule ANY = new TextRule("text", text -> !text.isBlank());

  /** What becomes part of paths and of metrics. */
  static final TextRule NAME =
      new TextRule(
          "a name of letters, digits, '.', '_' and '-', at most 128 of them, other than . and ..",
          Pattern.compile("(?!\\.{1,2}$)[A-Za-z0-9._-]{1,128}").asMatchPredicate());

  boolean allows(String text) {
    return text.chars().noneMatch(Character::isISOControl) && allowed.test(text);
  }
}
