package dev.annulus.device.cpu;

/**
 * How a matrix product is cut into blocks of its result, by its shape alone: halved along the
 * longer side until there are enough blocks for many threads, but none so small that packing its
 * operands would show.
 *
 * @param down blocks below each other
 * @param across blocks beside each other
 */
record BlockGrid(int down, int across, int blockRows, int blockColumns) {
  /** Multiplications that are not worth a second thread: some 40 microseconds of one. */
  private static final long SMALL = 1 << 21;

  private static final int ENOUGH_BLOCKS = 16;

  /** A side that is not halved any more. */
  private static final int SHORT_SIDE = 256;

  /** Elements of the largest block: with more, one block would keep many cores waiting. */
  private static final long LARGEST = 1 << 20;

  /** Blocks begin at cache lines. */
  private static final int ALIGNMENT = 16;

  /** The grid of a product [m, k] by [k, n]; no blocks if it has no elements. */
  static BlockGrid of(int m, int n, int k) {
    int rows = Math.max(1, m);
    int columns = Math.max(1, n);
    if ((long) m * n * k > SMALL) {
      while (Math.max(rows, columns) > SHORT_SIDE
          && ((long) rows * columns > LARGEST
              || count(m, rows) * count(n, columns) < ENOUGH_BLOCKS)) {
        if (rows >= columns) {
          rows = half(rows);
        } else {
          columns = half(columns);
        }
      }
    }
    return new BlockGrid((int) count(m, rows), (int) count(n, columns), rows, columns);
  }

  /** Number of blocks. */
  int count() {
    return Math.multiplyExact(down, across);
  }

  private static long count(int length, int block) {
    return Math.ceilDiv(length, block);
  }

  private static int half(int length) {
    return Math.ceilDiv(Math.ceilDiv(length, 2), ALIGNMENT) * ALIGNMENT;
  }
}
