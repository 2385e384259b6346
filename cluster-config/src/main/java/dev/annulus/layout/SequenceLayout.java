package dev.annulus.layout;

import java.util.List;

/**
 * A bijection between the tokens of a row and (rank, local index). Local order is global order: the
 * tokens of a rank are its ranges one behind the other, ascending, so a causal document mask gives
 * every query one contiguous run of visible keys in any block. Ranges may have any length, also 0:
 * no rule of divisibility.
 *
 * @param name as in the configuration
 * @param sequenceLength tokens of the row
 * @param rangesByRank for each rank its ranges, ascending and disjoint; together they cover the row
 *     exactly once
 */
public record SequenceLayout(String name, int sequenceLength, List<List<Range>> rangesByRank) {
  public SequenceLayout {
    rangesByRank = rangesByRank.stream().map(List::copyOf).toList();
  }

  /** Number of ranks. */
  public int ranks() {
    return rangesByRank.size();
  }

  /** Number of tokens that {@code rank} holds. */
  public int tokensOf(int rank) {
    int tokens = 0;
    for (Range range : rangesByRank.get(rank)) {
      tokens += range.length();
    }
    return tokens;
  }

  /** The largest number of tokens any rank holds: what buffers must be sized for. */
  public int maxTokens() {
    int max = 0;
    for (int rank = 0; rank < ranks(); rank++) {
      max = Math.max(max, tokensOf(rank));
    }
    return max;
  }

  /**
   * The global position of each token of {@code rank}, ascending; length {@code tokensOf(rank)}.
   */
  public int[] positionsOf(int rank) {
    int[] positions = new int[tokensOf(rank)];
    int local = 0;
    for (Range range : rangesByRank.get(rank)) {
      for (int position = range.start(); position < range.end(); position++) {
        positions[local++] = position;
      }
    }
    return positions;
  }
}
