package dev.annulus.ring;

import dev.annulus.layout.Documents;
import dev.annulus.layout.Range;
import dev.annulus.layout.SequenceLayout;

/**
 * What the ranks of a ring need of each other, counted token by token and without a schedule: a
 * rank needs a token that another holds if it holds a later token of the same document.
 */
final class NeededTokens {
  private NeededTokens() {}

  /** Pairs of a token and a rank that needs it and does not hold it. */
  static long count(SequenceLayout layout, Documents documents) {
    int[] holder = new int[layout.sequenceLength()];
    for (int rank = 0; rank < layout.ranks(); rank++) {
      for (int token : layout.positionsOf(rank)) {
        holder[token] = rank;
      }
    }
    int[] lastDocument = new int[layout.ranks()];
    long needed = 0;
    int number = 0;
    for (Range document : documents.ranges()) {
      number++;
      int holders = 0;
      for (int token = document.end() - 1; token >= document.start(); token--) {
        if (lastDocument[holder[token]] != number) {
          lastDocument[holder[token]] = number;
          holders++;
        }
        needed += holders - 1;
      }
    }
    return needed;
  }
}
