package dev.annulus.attention.cpu;

import dev.annulus.attention.AttentionShape;
import dev.annulus.attention.VisibleKeys;
import dev.annulus.attention.VisibleKeys.MaskClass;

/**
 * The query rows of a tile: where each lies in the tensors and which keys it sees. Row r of a key
 * head is query {@code r / group} of query head {@code kvHead * group + r % group}.
 */
final class TileRows {
  /** The row stride of everything that has a lane per row; rows of a tile are at most so many. */
  static final int LANES = TileSizes.HERE.rows();

  /** Ranges of lanes begin at multiples of this: whole vectors, and whole cache lines. */
  private static final int LANE_ALIGNMENT = 16;

  /** Visible keys of each row, [from, to); lanes past the last row see none. */
  final int[] from = new int[LANES];

  final int[] to = new int[LANES];

  /** Index of each row's head in q, out and their gradients, in floats. */
  final long[] offset = new long[LANES];

  /** Index of each row in lse and delta, in floats. */
  final long[] statistic = new long[LANES];

  private final TileSizes sizes;
  private int headDim;
  private int count;
  private int firstKey;
  private int endKey;
  private int firstCommon;
  private int endCommon;

  TileRows(TileSizes sizes) {
    this.sizes = sizes;
  }

  /** Tiles of a key head. */
  static int tiles(AttentionShape shape, VisibleKeys mask, TileSizes sizes) {
    return Math.ceilDiv(Math.multiplyExact(mask.queries(), shape.groupSize()), sizes.rows());
  }

  /** Makes this one of the {@link #tiles} of a key head. */
  void set(AttentionShape shape, VisibleKeys mask, int kvHead, int tile) {
    headDim = shape.headDim();
    int start = tile * sizes.rows();
    count = Math.min(sizes.rows(), mask.queries() * shape.groupSize() - start);
    int query = start / shape.groupSize();
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

  /** Where the block of keys that begins at {@code key} ends. */
  int endOfBlock(int key) {
    int whole = sizes.keys(headDim);
    if (!sizes.cutsPartial()) {
      return Math.min(key + whole, endKey);
    }
    if (firstCommon <= key && key < endCommon) {
      return Math.min(key + whole, endCommon);
    }
    int end = key < firstCommon && firstCommon < endCommon ? firstCommon : endKey;
    return Math.min(key + Math.min(sizes.partialKeys(), whole), end);
  }

  /** The first lane, rounded down to a whole vector, that sees any of keys [key, end). */
  int firstLane(int key, int end) {
    int lane = 0;
    while (lane < count && !sees(lane, key, end)) {
      lane++;
    }
    return lane - lane % LANE_ALIGNMENT;
  }

  /** After the last lane that sees any of keys [key, end), rounded up likewise. */
  int endLane(int key, int end) {
    int lane = count;
    while (lane > 0 && !sees(lane - 1, key, end)) {
      lane--;
    }
    return Math.min(count, Math.ceilDiv(lane, LANE_ALIGNMENT) * LANE_ALIGNMENT);
  }

  private boolean sees(int lane, int key, int end) {
    return Math.max(from[lane], key) < Math.min(to[lane], end);
  }

  /** The class of lanes [firstLane, endLane) against keys [key, end). */
  MaskClass classify(int firstLane, int endLane, int key, int end) {
    if (firstLane >= endLane) {
      return MaskClass.EMPTY;
    }
    boolean all = true;
    for (int lane = firstLane; lane < endLane; lane++) {
      all &= from[lane] <= key && to[lane] >= end;
    }
    return all ? MaskClass.FULL : MaskClass.PARTIAL;
  }
}
