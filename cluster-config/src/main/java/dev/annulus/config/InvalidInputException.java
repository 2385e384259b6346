package dev.annulus.config;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The configuration or an input is wrong and only its owner can mend it. Commands print every
 * problem, without a stack trace, and exit with 2.
 */
public final class InvalidInputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<Problem> problems;

  public InvalidInputException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  public InvalidInputException(String place, String value, String expectation) {
    this(List.of(new Problem(place, value, expectation)));
  }

  public InvalidInputException(String place, String value, String expectation, Throwable cause) {
    this(place, value, expectation);
    initCause(cause);
  }

  /** All problems found, in the order of the input. */
  public List<Problem> problems() {
    return problems;
  }
}
