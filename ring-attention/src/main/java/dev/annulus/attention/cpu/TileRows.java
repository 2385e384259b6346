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

  /** Visible keys of each row; lanes past the last row see none. */
  final int[] from = new int[LANES];

  final int[] to = new int[LANES];

  private AttentionShape shape;
  private VisibleKeys mask;
  private int kvHead;
  private int start;
  private int count;

  /** Makes this the tile of rows [start, start + count) of a key head. */
  void set(
      AttentionShape newShape, VisibleKeys newMask, int newKvHead, int newStart, int newCount) {
    shape = newShape;
    mask = newMask;
    kvHead = newKvHead;
    start = newStart;
    count = newCount;
    for (int lane = 0; lane < LANES; lane++) {
      from[lane] = lane < count ? mask.from()[query(lane)] : 0;
      to[lane] = lane < count ? mask.to()[query(lane)] : 0;
    }
  }

  int count() {
    return count;
  }

  /** First key that any row sees, 0 if none sees any. */
  int firstKey() {
    int first = Integer.MAX_VALUE;
    for (int lane = 0; lane < count; lane++) {
      if (from[lane] < to[lane]) {
        first = Math.min(first, from[lane]);
      }
    }
    return first == Integer.MAX_VALUE ? 0 : first;
  }

  /** After the last key that any row sees, 0 if none sees any. */
  int endKey() {
    int end = 0;
    for (int lane = 0; lane < count; lane++) {
      if (from[lane] < to[lane]) {
        end = Math.max(end, to[lane]);
      }
    }
    return end;
  }

  /** The class of these rows against keys [keyStart, keyEnd). */
  MaskClass classify(int keyStart, int keyEnd) {
    return mask.classify(query(0), query(count - 1) + 1, keyStart, keyEnd);
  }

  /** Index of the row's head in q, out and their gradients, in floats. */
  long offset(int lane) {
    return (long) query(lane) * shape.queryColumns() + (long) head(lane) * shape.headDim();
  }

  /** Index of the row in lse and delta, in floats. */
  long statistic(int lane) {
    return (long) head(lane) * mask.queries() + query(lane);
  }

  private int query(int lane) {
    return (start + lane) / shape.groupSize();
  }

  private int head(int lane) {
    return kvHead * shape.groupSize() + (start + lane) % shape.groupSize();
  }
}
