package dev.annulus.data.document;

import dev.annulus.config.InvalidInputException;
import dev.annulus.config.Problem;
import java.util.ArrayList;
import java.util.List;

/** Keeps the first problems of an input that may have millions, and counts the others. */
public final class ProblemList {
  /** How many are kept. */
  public static final int SHOWN = 20;

  private final List<Problem> shown = new ArrayList<>();
  private long count;

  /** Adds one in the order of the input. */
  public void add(Problem problem) {
    if (count++ < SHOWN) {
      shown.add(problem);
    }
  }

  /** Adds ones that were only counted. */
  public void addUnseen(long more) {
    count += more;
  }

  public boolean isEmpty() {
    return count == 0;
  }

  /**
   * @throws InvalidInputException with the problems kept and a line with the number of others, if
   *     there are any
   */
  public void throwIfAny() {
    if (count == 0) {
      return;
    }
    List<Problem> problems = new ArrayList<>(shown);
    if (count > shown.size()) {
      problems.add(new Problem("and", (count - shown.size()) + " more problems", "none"));
    }
    throw new InvalidInputException(problems);
  }
}
