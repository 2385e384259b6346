package dev.annulus.trainer.merge;

import java.io.Serializable;

/**
 * What a method did to a task vector of one tensor.
 *
 * @param directions leading directions that were protected; -1 where the method looks at none
 * @param removedSquares squared norm of what was taken off the task vector before it went in
 */
record FoldFacts(int directions, double removedSquares) implements Serializable {
  /** All of it went in. */
  static final FoldFacts WHOLE = new FoldFacts(-1, 0);
}
