package dev.annulus.device.cuda;

/**
 * In which tiles the kernels of a family work: rows of a tile.
 *
 * @param queries of forward and of the gradient of the queries
 * @param gradientQueries of the gradient of keys and values
 * @param keys of all three
 */
record AttentionTiles(int queries, int gradientQueries, int keys) {
  static final AttentionTiles HOPPER = new AttentionTiles(128, 64, 128);
  static final AttentionTiles PORTABLE = new AttentionTiles(64, 64, 64);

  /** Tiles of all rows, the last one perhaps not full. */
  static long count(long rows, int tile) {
    return Math.ceilDiv(rows, tile);
  }
}
