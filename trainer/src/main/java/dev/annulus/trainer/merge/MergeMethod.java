package dev.annulus.trainer.merge;

import java.util.List;

/**
 * A rule by which task vectors become one. A new rule is one more implementation and its line in
 * {@link MergeMethods}; the conformance tests take it from there.
 *
 * <p>What a method keeps of the models that are in are its running tensors, so folding in one more
 * costs the same however many came before, and folding in later gives the bits of folding in at
 * once.
 */
interface MergeMethod {
  /** Names of the running tensors, each of the shape of the weight. */
  default List<String> slots() {
    return List.of("sum");
  }

  /** Folds a task vector into the running tensors. */
  FoldFacts fold(Fold fold);

  /**
   * Elements of the merged task vector from the same elements of the running tensors.
   *
   * @param slots in the order of {@link #slots()}
   */
  default void vector(double[][] slots, double[] into, int count) {
    System.arraycopy(slots[0], 0, into, 0, count);
  }

  /** What the merged task vector is multiplied with before it is added to the base. */
  double scale(MergeTotals totals);

  /** The most models that can be folded in. */
  default int mostModels() {
    return Integer.MAX_VALUE;
  }

  /** Whether matrices are decomposed, which takes most of the time. */
  default boolean decomposes() {
    return false;
  }
}
