package dev.annulus.attention.cpu;

import dev.annulus.attention.VisibleKeys;

/** Queries [first, end) of a block, counted from its first one. */
record QueryRange(int first, int end) {
  /**
   * Of the queries [query, query + queries): from the first to the last that sees any of the keys.
   */
  static QueryRange seeing(VisibleKeys mask, int query, int queries, int key, int endKey) {
    int first = 0;
    while (first < queries && !sees(mask, query + first, key, endKey)) {
      first++;
    }
    int end = queries;
    while (end > first && !sees(mask, query + end - 1, key, endKey)) {
      end--;
    }
    return new QueryRange(first, end);
  }

  int count() {
    return end - first;
  }

  private static boolean sees(VisibleKeys mask, int query, int key, int endKey) {
    return Math.max(mask.from()[query], key) < Math.min(mask.to()[query], endKey);
  }
}
