package dev.annulus.attention.cpu;

/**
 * The order in which the tiles of all heads are begun.
 *
 * @param heads key heads
 * @param tiles tiles of query rows of each head
 * @param together heads that advance side by side, so that as many threads need not follow each
 *     other through the keys of one head; the results do not depend on it
 */
record TileOrder(int heads, int tiles, int together) {
  /** Tiles of all heads. */
  int count() {
    return Math.multiplyExact(heads, tiles);
  }

  /** The head of the tile that is begun as number {@code part}. */
  int head(int part) {
    int batch = part / (together * tiles);
    return batch * together + part % (together * tiles) % width(batch);
  }

  /** The place of that tile in its head. */
  int tile(int part) {
    int batch = part / (together * tiles);
    return part % (together * tiles) / width(batch);
  }

  /** Heads of a batch: the last one may have fewer. */
  private int width(int batch) {
    return Math.min(together, heads - batch * together);
  }
}
