package dev.annulus.layout;

import java.util.Arrays;

/**
 * Token t lies on rank t mod n (striped attention, arXiv:2311.09431). Everything is a closed form:
 * no object or array is held for tokens.
 *
 * @param sequenceLength tokens of the row
 * @param ranks number of ranks
 */
record StripedLayout(int sequenceLength, int ranks) implements SequenceLayout {
  @Override
  public String name() {
    return "striped";
  }

  @Override
  public int tokensOf(int rank) {
    return tokensBefore(rank, sequenceLength);
  }

  @Override
  public int tokensBefore(int rank, int position) {
    return position <= rank ? 0 : (position - 1 - rank) / ranks + 1;
  }

  @Override
  public int[] positionsOf(int rank) {
    int[] positions = new int[tokensOf(rank)];
    Arrays.setAll(positions, i -> rank + i * ranks);
    return positions;
  }

  @Override
  public void forEachRun(Range part, RunVisitor visitor) {
    for (int i = 0; i < Math.min(part.length(), ranks); i++) {
      int first = part.start() + i;
      visitor.visit(first % ranks, first, ranks, (part.end() - 1 - first) / ranks + 1);
    }
  }
}
