package dev.annulus.attention.cpu;

import dev.annulus.device.cpu.PanelProducts;

/**
 * Which rows [first, end) of a packed right operand a panel of scores is computed for: those that
 * count, and a few more. First, whole panels. Second, sgemm's kernel takes 12 columns at a time,
 * then 8 or 4, and adds in another order where it takes 4. Never letting it gives a score the same
 * bits wherever it is computed, so that the probabilities of the backward pass belong to the sums
 * of the forward pass; where one key takes all, nothing less is within the error budget.
 */
record ScoreRange(int first, int end) {
  private static final int PANEL = PanelProducts.RIGHT;
  private static final int COLUMNS = 12;

  /** Rows past the last panel of an operand that a range may reach. */
  static final int BEYOND = PANEL;

  /** Around rows [first, end), at least one. */
  static ScoreRange around(int first, int end) {
    int from = first / PANEL * PANEL;
    int to = Math.ceilDiv(end, PANEL) * PANEL;
    if ((to - from) % COLUMNS != PANEL) {
      return new ScoreRange(from, to);
    }
    return from > 0 ? new ScoreRange(from - PANEL, to) : new ScoreRange(from, to + PANEL);
  }

  int count() {
    return end - first;
  }
}
