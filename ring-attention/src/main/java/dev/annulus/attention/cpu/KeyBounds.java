package dev.annulus.attention.cpu;

import dev.annulus.attention.VisibleKeys;

/** What a run of queries sees: the keys that any of them sees, and those that all of them see. */
final class KeyBounds {
  private int firstKey;
  private int endKey;
  private int firstCommon;
  private int endCommon;

  /** Of queries [first, end); with fewer than {@code lanes} nothing is seen by all lanes. */
  void set(VisibleKeys mask, int first, int end, int lanes) {
    firstKey = Integer.MAX_VALUE;
    endKey = 0;
    firstCommon = 0;
    endCommon = end - first < lanes ? 0 : Integer.MAX_VALUE;
    for (int query = first; query < end; query++) {
      int from = mask.from()[query];
      int to = mask.to()[query];
      if (from < to) {
        firstKey = Math.min(firstKey, from);
        endKey = Math.max(endKey, to);
      }
      firstCommon = Math.max(firstCommon, from);
      endCommon = Math.min(endCommon, to);
    }
    firstKey = Math.min(firstKey, endKey);
  }

  /** First key that any query sees. */
  int firstKey() {
    return firstKey;
  }

  /** After the last key that any query sees; {@link #firstKey} if none sees any. */
  int endKey() {
    return endKey;
  }

  /** First key that every query sees, if {@link #endCommon} is larger. */
  int firstCommon() {
    return firstCommon;
  }

  /** After the last key that every query sees. */
  int endCommon() {
    return endCommon;
  }

  /** Whether any query may see any of keys [key, end). */
  boolean any(int key, int end) {
    return Math.max(firstKey, key) < Math.min(endKey, end);
  }

  /** Whether every query sees all of keys [key, end). */
  boolean all(int key, int end) {
    return firstCommon <= key && end <= endCommon;
  }
}
