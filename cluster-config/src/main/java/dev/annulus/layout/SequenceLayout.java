package dev.annulus.layout;

/**
 * A bijection between the tokens of a row and (rank, local index). Local order is global order: the
 * tokens of a rank ascend, so a causal document mask gives every query one contiguous run of
 * visible keys in any block. Ranks may hold any number of tokens, also 0: no rule of divisibility.
 */
public sealed interface SequenceLayout permits RangeLayout, StripedLayout {
  /** As in the configuration. */
  String name();

  /** Tokens of the row. */
  int sequenceLength();

  /** Number of ranks. */
  int ranks();

  /** Number of tokens that {@code rank} holds. */
  int tokensOf(int rank);

  /**
   * Number of tokens of {@code rank} that lie before {@code position}: the local index of that
   * token, if the rank holds it.
   *
   * @param position from 0 to {@link #sequenceLength}
   */
  int tokensBefore(int rank, int position);

  /**
   * The global position of each token of {@code rank}, ascending; length {@code tokensOf(rank)}.
   */
  int[] positionsOf(int rank);

  /**
   * Visits the tokens of a part of the row as runs, which cover it exactly once and ascend by their
   * first tokens.
   */
  void forEachRun(Range part, RunVisitor visitor);

  /** The largest number of tokens any rank holds. */
  default int maxTokens() {
    int max = 0;
    for (int rank = 0; rank < ranks(); rank++) {
      max = Math.max(max, tokensOf(rank));
    }
    return max;
  }

  /** Is told the runs of a layout. */
  @FunctionalInterface
  interface RunVisitor {
    /**
     * Tokens {@code first}, {@code first + stride}, .. of one rank, without another of that rank
     * between them. From token to token of a run the number of tokens before it that any one rank
     * holds either stays the same or grows by one: what lets a run meet a block in one step.
     */
    void visit(int rank, int first, int stride, int count);
  }
}
