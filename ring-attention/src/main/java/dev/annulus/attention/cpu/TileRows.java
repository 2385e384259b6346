package dev.annulus.attention.cpu;

import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.attention.VisibleKeys.MaskClass;

/**
 * The query rows of a tile: where each lies in the tensors and which keys it sees. Row r of a key
 * head is query {@code r / group} of query head {@code kvHead * group + r % group}.
 */
final class TileRows {
  /** Most rows of a tile, and the row stride of everything that has a lane per row. */
  static final int LANES = 64;

  /** Visible keys of each row, [from, to); lanes past the last row see none. */
  final int[] from = new int[LANES];

  final int[] to = new int[LANES];

  /** Index of each row's head in q, out and their gradients, in floats. */
  final long[] offset = new long[LANES];

  /** Index of each row in lse and delta, in floats. */
  final long[] statistic = new long[LANES];

  private VisibleKeys mask;
  private int firstQuery;
  private int lastQuery;
  private int count;
  private int firstKey;
  private int endKey;
  private int firstCommon;
  private int endCommon;

  /** Makes this the tile of rows [start, start + count) of a key head. */
  void set(AttentionShape shape, VisibleKeys newMask, int kvHead, int start, int newCount) {
    mask = newMask;
    count = newCount;
    firstQuery = start / shape.groupSize();
    lastQuery = (start + count - 1) / shape.groupSize();
    int query = firstQuery;
    int member = start % shape.groupSize();
    for (int lane = 0; lane < count; lane++) {
      int head = kvHead * shape.groupSize() + member;
      from[lane] = mask.from()[query];
      to[lane] = mask.to()[query];
      offset[lane] = (long) query * shape.queryColumns() + (long) head * shape.headDim();
      statistic[lane] = (long) head * mask.queries() + query;
      member++;
      if (member == shape.groupSize()) {
        member = 0;
        query++;
      }
    }
    for (int lane = count; lane < LANES; lane++) {
      from[lane] = 0;
      to[lane] = 0;
    }
    bounds();
  }

  private void bounds() {
    firstKey = Integer.MAX_VALUE;
    endKey = 0;
    firstCommon = 0;
    endCommon = Integer.MAX_VALUE;
    for (int lane = 0; lane < count; lane++) {
      if (from[lane] < to[lane]) {
        firstKey = Math.min(firstKey, from[lane]);
        endKey = Math.max(endKey, to[lane]);
      }
      firstCommon = Math.max(firstCommon, from[lane]);
      endCommon = Math.min(endCommon, to[lane]);
    }
    firstKey = Math.min(firstKey, endKey);
  }

  int count() {
    return count;
  }

  /** First key that any row sees. */
  int firstKey() {
    return firstKey;
  }

  /** After the last key that any row sees; {@link #firstKey} if none sees any. */
  int endKey() {
    return endKey;
  }

  /** First key that every row sees, if {@link #endCommon} is larger. */
  int firstCommon() {
    return firstCommon;
  }

  /** After the last key that every row sees. */
  int endCommon() {
    return endCommon;
  }

  /** The class of these rows against keys [keyStart, keyEnd). */
  MaskClass classify(int keyStart, int keyEnd) {
    return mask.classify(firstQuery, lastQuery + 1, keyStart, keyEnd);
  }
}
