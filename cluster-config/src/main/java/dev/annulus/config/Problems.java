package dev.annulus.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What one reading of a configuration finds wrong, so that a user hears of everything at once; and
 * which keys it knew. One thread.
 */
final class Problems {
  private static final int SHOWN_LENGTH = 80;

  private record Found(int order, String path, Problem problem) {}

  private final List<Found> found = new ArrayList<>();
  private final Set<String> knownKeys = new TreeSet<>();

  /** Notes that what stands at {@code path} is not as expected. */
  void add(Origin origin, String path, String value, String expectation) {
    Problem problem = new Problem(origin.place(path), shortened(value), expectation);
    found.add(new Found(origin.order(), path, problem));
  }

  /** Whether nothing is wrong at this path or below: only then may it be compared with others. */
  boolean isSound(String path) {
    return found.stream()
        .noneMatch(wrong -> wrong.path.equals(path) || wrong.path.startsWith(path + "."));
  }

  /** Notes that the reader understands this key; entries of lists are written as *. */
  void know(String path) {
    knownKeys.add(path.replaceAll("\\.\\d+(?=\\.|$)", ".*"));
  }

  /** Every key that was asked for. */
  Set<String> knownKeys() {
    return knownKeys;
  }

  /**
   * Ends the reading.
   *
   * @throws InvalidInputException with all problems, in the order of the input
   */
  void throwIfAny() {
    if (!found.isEmpty()) {
      throw new InvalidInputException(
          found.stream()
              .sorted(Comparator.comparingInt(Found::order))
              .map(Found::problem)
              .toList());
    }
  }

  private static String shortened(String value) {
    String oneLine = value.replaceAll("\\s+", " ");
    return oneLine.codePointCount(0, oneLine.length()) <= SHOWN_LENGTH
        ? oneLine
        : oneLine.substring(0, oneLine.offsetByCodePoints(0, SHOWN_LENGTH)) + "...";
  }
}
